import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** The driver settles the query with the stream: without this, an error at the same time would be uncaught, and an error after the last row would be lost. */
function startCopy<Stream extends Readable | Writable>(query: object, kind: abstract new (...args: never[]) => Stream) {
  const refused = Promise.withResolvers<never>();
  const stream = Promise.withResolvers<Stream>();
  const resolve = (answer: unknown) => {
    if (!(answer instanceof kind)) return;
    answer.on('error', refused.reject);
    stream.resolve(answer);
  };
  Object.assign(query, { resolve, reject: refused.reject });
  const started = Promise.race([stream.promise, refused.promise]);
  started.catch(() => {}); // not awaited when the connection is lost
  return { stream: started, refused: refused.promise };
}

export function openCopyOut(query: { readable(): Promise<Readable> }): Promise<Readable> {
  const { stream } = startCopy(query, Readable);
  query.readable();
  return stream;
}

export function copyRowsIn(query: { writable(): Promise<Writable> }, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const { stream, refused } = startCopy(query, Writable);
  query.writable();
  return Promise.race([stream.then((rows) => pipeline(pieces, rows)), refused]);
}
