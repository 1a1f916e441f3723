const WIDTH = 30;

/** Draws a progress bar on a terminal for shares from 0 to 1, and erases it at the end. Prints nothing if the stream is not a terminal. */
export function openProgress(terminal: NodeJS.WriteStream): { show(share: number): void; end(): void } {
  let shown = -1;
  return {
    show(share) {
      const percent = Math.floor(share * 100);
      if (!terminal.isTTY || percent === shown) return;
      shown = percent;
      terminal.write(`\r${'█'.repeat(Math.round(share * WIDTH)).padEnd(WIDTH, '░')} ${percent} %`);
    },
    end() {
      if (shown >= 0) terminal.write('\r\u001b[K');
    },
  };
}
