import { connect } from 'node:net';

/** What a server sends on one connection until it closes it. */
export interface Answers {
  /** Status codes in the order of the responses. */
  statuses: number[];
  text: string;
}

/** Sends bytes as they are, on a connection of their own, and then `piece` again and again. The last request must end the connection, or the server does. */
export function sendRaw(port: number, text: string, slowly?: { piece: string; everyMs: number }): Promise<Answers> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    // A server that refuses a request may reset the connection while more of it arrives.
    socket.on('error', () => {});
    const timer = slowly && setInterval(() => socket.write(slowly.piece), slowly.everyMs);
    socket.on('close', () => {
      clearInterval(timer);
      const answer = Buffer.concat(chunks).toString('latin1');
      resolve({ text: answer, statuses: [...answer.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status)) });
    });
    socket.write(Buffer.from(text, 'latin1'));
  });
}
