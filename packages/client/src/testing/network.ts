import { connect, createServer, type Socket } from 'node:net';

/** How one browser reaches a server: a port of its own, which can fail as networks do. */
export interface Network extends AsyncDisposable {
  url: string;
  /** Closes all connections, and new ones until `mend` is called. */
  cut(): void;
  /** A black hole: open connections and those until `mend` stay open, and nothing arrives on them ever again. */
  hang(): void;
  /** Each part of a request or response arrives this many ms later. */
  delay(ms: number): void;
  mend(): void;
}

/** Passes on what arrives, in its order, as long as the connection is alive. */
function pass(from: Socket, to: Socket, delayMs: () => number, isDead: () => boolean): void {
  const later = (work: () => void) => {
    const ms = delayMs();
    const live = () => {
      if (!isDead()) work();
    };
    if (ms === 0) live();
    else setTimeout(live, ms);
  };
  from.on('data', (part) => later(() => void to.write(part)));
  from.on('end', () => later(() => void to.end()));
  from.on('error', () => later(() => void to.destroy()));
  from.on('close', () => later(() => void to.destroy()));
}

/** Opens a network to the port that `target` names. */
export async function openNetwork(target: () => number): Promise<Network> {
  const sockets = new Set<Socket>();
  const dead = new Set<Socket>();
  let state: 'good' | 'cut' | 'hanging' = 'good';
  let delayMs = 0;

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    if (state === 'cut') return socket.destroy();
    // Without a reader the end of the connection would not be seen either.
    if (state === 'hanging') return socket.resume();
    const onward = connect(target(), '127.0.0.1');
    onward.on('error', () => {});
    const isDead = () => dead.has(socket);
    pass(socket, onward, () => delayMs, isDead);
    pass(onward, socket, () => delayMs, isDead);
    socket.on('close', () => onward.destroy());
  });
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = address instanceof Object ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    cut: () => {
      state = 'cut';
      drop();
    },
    hang: () => {
      state = 'hanging';
      for (const socket of sockets) dead.add(socket);
    },
    delay: (ms) => {
      delayMs = ms;
    },
    mend: () => {
      state = 'good';
      delayMs = 0;
    },
    [Symbol.asyncDispose]: () =>
      new Promise<void>((closed) => {
        server.close(() => closed());
        drop();
      }),
  };
}
