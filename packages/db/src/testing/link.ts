import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { createReader, type Statement } from './protocol.ts';

/** A network link to PostgreSQL that a test can watch and break. */
export interface Link extends AsyncDisposable {
  /** The URL of the original server by way of this link. */
  url: string;
  /** Delay of every response, in ms, so that the client has sent everything that it sends without waiting. */
  latency: number;
  /** The number of round trips since the last call. */
  roundTrips(): number;
  /** The prepared statements that the client ran since the last call. */
  statements(): Statement[];
  /** Stops the traffic of existing connections without closing them; new ones work. */
  freeze(): void;
  /** Closes each existing connection when its client sends something; new ones work. */
  breakOnUse(): void;
  /** Resumes frozen connections and delivers what was sent in the meantime. */
  thaw(): void;
  /** Closes every connection and accepts no new ones. */
  cut(): Promise<void>;
  /** Closes every connection, and each new one as soon as it is accepted, as a proxy without a server behind it. Ended by `mend`. */
  hangUp(): void;
  /** Serves again, at the same address. */
  mend(): Promise<void>;
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

/** Opens a link to `target`. */
export async function openLink(target: string, latency = 0): Promise<Link> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const breaking = new WeakSet<Socket>();
  let roundTrips = 0;
  const statements: Statement[] = [];

  let isHungUp = false;
  const server = createServer((client) => {
    if (isHungUp) return client.destroy();
    const upstream = connect(Number(port), hostname);
    const read = createReader();
    let answered = true;
    client.on('data', (chunk) => {
      if (breaking.has(client)) return client.destroy();
      if (answered) roundTrips += 1;
      answered = false;
      statements.push(...read(chunk));
      upstream.write(chunk);
    });
    const undelivered: Buffer[] = [];
    const deliver = () => {
      answered = true;
      const chunk = undelivered.shift();
      if (chunk) client.write(chunk);
    };
    upstream.on('data', (chunk) => {
      undelivered.push(chunk);
      if (link.latency > 0) setTimeout(deliver, link.latency);
      else deliver();
    });
    for (const [socket, other] of [[client, upstream] as const, [upstream, client] as const]) {
      sockets.add(socket);
      socket.setNoDelay();
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  const address = new URL(target);
  address.port = String(await listen(server, 0));

  const cut = async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  const link: Link = {
    url: address.href,
    latency,
    roundTrips: () => {
      const counted = roundTrips;
      roundTrips = 0;
      return counted;
    },
    statements: () => statements.splice(0),
    freeze: () => {
      for (const socket of sockets) socket.pause();
    },
    breakOnUse: () => {
      for (const socket of sockets) breaking.add(socket);
    },
    thaw: () => {
      for (const socket of sockets) socket.resume();
    },
    cut,
    hangUp: () => {
      isHungUp = true;
      for (const socket of sockets) socket.destroy();
    },
    mend: async () => {
      isHungUp = false;
      if (!server.listening) await listen(server, Number(address.port));
    },
    [Symbol.asyncDispose]: async () => {
      if (server.listening) await cut();
    },
  };
  return link;
}
