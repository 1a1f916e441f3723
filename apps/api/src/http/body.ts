import { BODY_MAX_DEPTH } from '@todo/contract';
import { TRPCError } from '@trpc/server';
import { ApiError } from '../errors.ts';

const refuse = (message: string, cause?: unknown) => new ApiError('INVALID_INPUT', { fields: { '': [message] } }, cause);

/** The media type of a body, without its parameters. Throws UNSUPPORTED_MEDIA_TYPE for a charset that JSON cannot have. */
export function mediaTypeOf({ headers }: Request): string | undefined {
  const [type, ...parameters] = (headers.get('content-type') ?? '').split(';').map((part) => part.trim().toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.replace(/^charset="?([^"]*)"?$/, '$1');
  if (charset === undefined || /^utf-?8$/.test(charset)) return type;
  throw new TRPCError({ code: 'UNSUPPORTED_MEDIA_TYPE', message: 'Send JSON in UTF-8.' });
}

/** What parses, checks or stores a value may call itself for each level. */
function assertShallow(text: string): void {
  let depth = 0;
  let isString = false;
  for (let i = 0; i < text.length; i += 1) {
    const character = text[i];
    if (isString) {
      if (character === '\\') i += 1;
      else if (character === '"') isString = false;
    } else if (character === '"') isString = true;
    else if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
    if (depth > BODY_MAX_DEPTH) throw refuse('is nested too deeply');
  }
}

/** The text of a body. Throws INVALID_INPUT when its bytes are no UTF-8, which would otherwise be replaced by U+FFFD, or when it is nested too deeply. */
export async function readText(request: Request): Promise<string> {
  const bytes = await request.arrayBuffer();
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw refuse('is not UTF-8', cause);
  }
  assertShallow(text);
  return text;
}

/** The request, whose text is checked when it is read. A copy would cost more than everything else that is done before a call. */
export function withCheckedText(request: Request): Request {
  return Object.defineProperty(request, 'text', { value: () => readText(request) });
}
