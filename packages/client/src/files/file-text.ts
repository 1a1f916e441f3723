import { TodoError } from '../transport/error.ts';

const notUtf8 = (seen: string, cause?: unknown) =>
  new TodoError('INVALID_INPUT', `This file is not UTF-8: ${seen}. Save it as UTF-8 and try again.`, { cause });

const startsWith = (bytes: Uint8Array, mark: readonly number[]) => mark.every((byte, i) => bytes[i] === byte);

function decode(bytes: Uint8Array): string {
  const encoding = startsWith(bytes, [0xff, 0xfe]) ? 'utf-16le' : startsWith(bytes, [0xfe, 0xff]) ? 'utf-16be' : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw notUtf8('its bytes cannot be decoded', cause);
  }
}

/** Decodes UTF-8, or UTF-16 with a byte order mark. Throws INVALID_INPUT for another encoding; in a string, only the beginning is checked. */
export function toText(file: string | Uint8Array): string {
  const text = typeof file === 'string' ? file : decode(file);
  // UTF-16 decoded as UTF-8 has a NUL next to each ASCII letter.
  if (text.slice(0, 4).includes('\0')) throw notUtf8('it begins with a NUL character');
  return text.replace(/^\ufeff/, '');
}

/** Throws INVALID_INPUT if the text contains U+FFFD, which decoders write for bytes that they cannot decode. */
export function assertDecoded(text: string): void {
  const [before, after] = text.split('\ufffd', 2);
  if (after !== undefined) throw notUtf8(`line ${before?.split(/\r\n|\r|\n/).length} contains characters that could not be decoded (U+FFFD)`);
}
