import { Agent, request } from 'node:http';

/** One request, as it goes over the wire. */
export interface Attack {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string | undefined;
  /** Its input has a field that the contract does not know. */
  isExtended?: boolean;
}

export interface Answer {
  /** 0 if the connection ended without an answer. */
  status: number;
  headers: [name: string, value: string][];
  body: string;
}

export type Send = (attack: Attack) => Promise<Answer>;

/** A stream is read up to this many events, and no longer than this, in ms. */
const EVENTS_MAX = 2;
const STREAM_MAX_MS = 1_500;
/** Passwords are hashed in turn, at a low priority. Beside other work on a small machine that takes long, which is no finding. */
const ANSWER_MAX_MS = 300_000;

const pairsOf = (raw: string[]) => raw.flatMap((name, i): [string, string][] => (i % 2 === 0 ? [[name.toLowerCase(), raw[i + 1] ?? '']] : []));

/** Sends over connections that stay open. Node's `fetch` would correct some of what is sent here. */
export function createSend(url: string): Send & Disposable {
  const { hostname, port } = new URL(url);
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });

  const once = ({ method, path, headers, body }: Attack, isReused: boolean) =>
    new Promise<Answer | undefined>((resolve) => {
      const parts: string[] = [];
      const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
      const asked = request(
        { hostname, port, method, path, headers: { ...headers, ...length }, ...(isReused ? { agent } : {}), timeout: ANSWER_MAX_MS },
        (answer) => {
          const isStream = answer.headers['content-type']?.startsWith('text/event-stream');
          const done = () => resolve({ status: answer.statusCode ?? 0, headers: pairsOf(answer.rawHeaders), body: parts.join('') });
          const timer = isStream ? setTimeout(() => asked.destroy(), STREAM_MAX_MS) : undefined;
          answer.setEncoding('utf8').on('data', (part: string) => {
            parts.push(part);
            if (isStream && parts.join('').split('\ndata:').length > EVENTS_MAX) asked.destroy();
          });
          answer.on('error', () => {});
          answer.on('close', () => {
            clearTimeout(timer);
            done();
          });
        },
      );
      // The server may have done what it was asked for, so it is not asked again.
      asked.on('timeout', () => {
        resolve({ status: 0, headers: [], body: '' });
        asked.destroy();
      });
      asked.on('error', () => resolve(undefined));
      asked.end(body);
    });

  /** A connection that the server has just closed is no answer, so the request is sent again on a new one. */
  const send = async (attack: Attack) => (await once(attack, true)) ?? (await once(attack, false)) ?? { status: 0, headers: [], body: '' };
  return Object.assign(send, { [Symbol.dispose]: () => agent.destroy() });
}

export const headerOf = ({ headers }: Answer, name: string): string | undefined => headers.find(([each]) => each === name)?.[1];
