import { BODY_MAX_DEPTH, BODY_MAX_VALUES } from '@todo/contract';
import { TRPCError } from '@trpc/server';
import type { Context, Env, MiddlewareHandler } from 'hono';
import { bodyLimit as streamLimit } from 'hono/body-limit';
import { ApiError } from '../errors.ts';

const refuse = (message: string, cause?: unknown) => new ApiError('INVALID_INPUT', { fields: { '': [message] } }, cause);

/** The media type of a body, without its parameters. Throws UNSUPPORTED_MEDIA_TYPE for a charset other than UTF-8. */
export function mediaTypeOf({ headers }: Request): string | undefined {
  const [type, ...parameters] = (headers.get('content-type') ?? '').split(';').map((part) => part.trim().toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.replace(/^charset="?([^"]*)"?$/, '$1');
  if (charset === undefined || /^utf-?8$/.test(charset)) return type;
  throw new TRPCError({ code: 'UNSUPPORTED_MEDIA_TYPE', message: 'Send JSON in UTF-8.' });
}

/** Bytes of the body, if the headers tell. Node lets no more arrive. */
function lengthOf({ method, headers }: Request): number | undefined {
  const length = headers.has('transfer-encoding') ? null : headers.get('content-length');
  return length !== null ? Number(length) : method === 'GET' ? 0 : undefined;
}

/** Answers with `refuse` when the body is larger. */
export function bodyLimit<E extends Env>(maxSize: number, refuse: (c: Context<E>) => Response): MiddlewareHandler<E> {
  const limitStream = streamLimit({
    maxSize,
    onError: (c: Context<E>) => {
      const answer = refuse(c);
      // The rest of the body may still arrive, so the client must not reuse the connection.
      answer.headers.set('connection', 'close');
      return answer;
    },
  });
  return async (c, next) => {
    const length = lengthOf(c.req.raw);
    if (length === undefined) return limitStream(c, next);
    // The server goes on reading an untouched body, for half a second and up to 64 MB, so that a client that is still sending it usually gets the answer.
    return length <= maxSize ? next() : refuse(c);
  };
}

const [QUOTE, BACKSLASH, COMMA, COLON, OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = Buffer.from('"\\,:[]{}');

/**
 * Bounds JSON before it is parsed. Code that parses, validates or stores a value may recurse for each level, so deep nesting could overflow the stack, and the
 * validator reports every wrong key and item. UTF-8 uses these bytes for nothing else.
 */
function assertBounded(bytes: Uint8Array): void {
  let depth = 0;
  let values = 0;
  let isString = false;
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i];
    if (isString) {
      if (byte === BACKSLASH) i += 1;
      else if (byte === QUOTE) isString = false;
    } else if (byte === QUOTE) isString = true;
    else if (byte === COMMA || byte === COLON) {
      values += 1;
      if (values > BODY_MAX_VALUES) throw refuse('has too many keys and values');
    } else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      depth += 1;
      if (depth > BODY_MAX_DEPTH) throw refuse('is nested too deeply');
    } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth -= 1;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The text of a body. Throws INVALID_INPUT if it is nested too deeply, has too many values or is not valid UTF-8, which `request.text()` would replace with U+FFFD. */
export async function readText(request: Request): Promise<string> {
  const bytes = new Uint8Array(await request.arrayBuffer());
  assertBounded(bytes);
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw refuse('is not UTF-8', cause);
  }
}

/** Replaces `text()` of this request with `readText`. A copy of the request would cost more than everything else before a call. */
export function withCheckedText(request: Request): Request {
  return Object.defineProperty(request, 'text', { value: () => readText(request) });
}
