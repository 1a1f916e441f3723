import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/**
 * The driver answers a COPY with its stream, and the query's promise is settled by that. An error in the same moment would be thrown past everybody, and
 * one after the last row would be dropped; so both are heard here.
 */
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
  started.catch(() => {}); // nobody waits for it on a connection that is lost
  return { stream: started, refused: refused.promise };
}

/** Starts a COPY … TO STDOUT. */
export function openCopyOut(query: { readable(): Promise<Readable> }): Promise<Readable> {
  const { stream } = startCopy(query, Readable);
  query.readable();
  return stream;
}

/** Carries out a COPY … FROM STDIN. */
export function copyRowsIn(query: { writable(): Promise<Writable> }, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const { stream, refused } = startCopy(query, Writable);
  query.writable();
  return Promise.race([stream.then((rows) => pipeline(pieces, rows)), refused]);
}
