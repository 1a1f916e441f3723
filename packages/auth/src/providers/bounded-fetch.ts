import type { CustomFetch } from 'openid-client';

/** An answer of a provider is a document, a set of keys or a token. */
const ANSWER_MAX_BYTES = 262_144;

async function readBounded(body: ReadableStream<Uint8Array> | null): Promise<Buffer<ArrayBuffer> | null> {
  if (!body) return null;
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body) {
    bytes += part.length;
    // Leaving the loop ends the connection.
    if (bytes > ANSWER_MAX_BYTES) throw new Error(`The answer has more than ${ANSWER_MAX_BYTES} bytes.`);
    parts.push(part);
  }
  return bytes > 0 ? Buffer.concat(parts) : null;
}

/** Fetches an answer of bounded size, whole. The signal of the options bounds its time. */
export const boundedFetch: CustomFetch = async (url, options) => {
  const { body, status, headers } = await fetch(url, { ...options, body: options.body ?? null });
  return new Response(await readBounded(body), { status, headers });
};
