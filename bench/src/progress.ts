const WIDTH = 30;

/** Shows a progress bar on a terminal; elsewhere it prints each step once. */
export function openProgress(terminal: NodeJS.WriteStream): { onProgress(step: string, share: number): void; end(): void } {
  let shown = '';
  return {
    onProgress(step, share) {
      const line = terminal.isTTY ? `${'█'.repeat(Math.round(share * WIDTH)).padEnd(WIDTH, '░')} ${Math.floor(share * 100)} % ${step}` : step;
      if (line === shown) return;
      shown = line;
      terminal.write(terminal.isTTY ? `\r\u001b[K${line}` : `${line}\n`);
    },
    end() {
      if (shown && terminal.isTTY) terminal.write('\r\u001b[K');
    },
  };
}
