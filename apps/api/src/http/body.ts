import { BODY_MAX_DEPTH, BODY_MAX_VALUES } from '@todo/contract';
import { TRPCError } from '@trpc/server';
import { ApiError } from '../errors.ts';

const refuse = (message: string, cause?: unknown) => new ApiError('INVALID_INPUT', { fields: { '': [message] } }, cause);

/** The media type of a body, without its parameters. Throws UNSUPPORTED_MEDIA_TYPE for a charset other than UTF-8. */
export function mediaTypeOf({ headers }: Request): string | undefined {
  const [type, ...parameters] = (headers.get('content-type') ?? '').split(';').map((part) => part.trim().toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.replace(/^charset="?([^"]*)"?$/, '$1');
  if (charset === undefined || /^utf-?8$/.test(charset)) return type;
  throw new TRPCError({ code: 'UNSUPPORTED_MEDIA_TYPE', message: 'Send JSON in UTF-8.' });
}

/**
 * Bounds JSON before it is parsed. Code that parses, validates or stores a value may recurse for each level, so deep nesting could overflow the stack, and the
 * validator reports every wrong key and item.
 */
function assertBounded(text: string): void {
  let depth = 0;
  let values = 0;
  let isString = false;
  for (let i = 0; i < text.length; i += 1) {
    const character = text[i];
    if (isString) {
      if (character === '\\') i += 1;
      else if (character === '"') isString = false;
    } else if (character === '"') isString = true;
    else if (character === ',' || character === ':') values += 1;
    else if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
    if (depth > BODY_MAX_DEPTH) throw refuse('is nested too deeply');
  }
  if (values > BODY_MAX_VALUES) throw refuse('has too many keys and values');
}

/** The text of a body. Throws INVALID_INPUT if it is nested too deeply, has too many values or is not valid UTF-8, which `request.text()` would replace with U+FFFD. */
export async function readText(request: Request): Promise<string> {
  const bytes = await request.arrayBuffer();
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw refuse('is not UTF-8', cause);
  }
  assertBounded(text);
  return text;
}

/** Replaces `text()` of this request with `readText`. A copy of the request would cost more than everything else before a call. */
export function withCheckedText(request: Request): Request {
  return Object.defineProperty(request, 'text', { value: () => readText(request) });
}
