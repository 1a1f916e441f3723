import { TodoError } from '../../transport/error.ts';

const notUtf8 = (seen: string, cause?: unknown) =>
  new TodoError('INVALID_INPUT', `This file is not UTF-8: ${seen}. Save it as UTF-8 and try again.`, { cause });

const startsWith = (bytes: Uint8Array, mark: readonly number[]) => mark.every((byte, i) => bytes[i] === byte);

function decoded(encoding: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw notUtf8('its bytes cannot be decoded', cause);
  }
}

/** UTF-8 with a damaged byte would become other letters. A text of Windows-1252 has next to no valid UTF-8 but ASCII. */
function decodeLatin(bytes: Uint8Array): string {
  const asUtf8 = new TextDecoder().decode(bytes);
  if (/[^\0-\x7f\ufffd]/.test(asUtf8)) throw notUtf8(`line ${lineOf(asUtf8, '\ufffd')} contains bytes that are not UTF-8, unlike others`);
  return decoded('windows-1252', bytes);
}

const lineOf = (text: string, mark: string) => text.split(mark, 1)[0]?.split(/\r\n|\r|\n/).length;

function decode(bytes: Uint8Array): { text: string; encoding: string } {
  if (startsWith(bytes, [0xff, 0xfe])) return { text: decoded('utf-16le', bytes), encoding: 'UTF-16' };
  if (startsWith(bytes, [0xfe, 0xff])) return { text: decoded('utf-16be', bytes), encoding: 'UTF-16' };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), encoding: 'UTF-8' };
  } catch {
    return { text: decodeLatin(bytes), encoding: 'Windows-1252' };
  }
}

/** Characters that no text file has. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL = /[\0-\x08\x0e-\x1a\x1c-\x1f\x7f\x81\x8d\x8f\x90\x9d]/;

/** Decodes UTF-8, UTF-16 with a byte order mark, or Windows-1252. Throws INVALID_INPUT for what is no text. */
export function toText(file: string | Uint8Array): { text: string; encoding: string } {
  const { text, encoding } = typeof file === 'string' ? { text: file, encoding: 'UTF-8' } : decode(file);
  // UTF-16 decoded as UTF-8 has a NUL next to each ASCII letter.
  if (text.slice(0, 4).includes('\0')) throw notUtf8('it begins with a NUL character');
  if (encoding === 'Windows-1252' && CONTROL.test(text)) throw notUtf8('it contains control characters');
  return { text: text.replace(/^\ufeff/, ''), encoding };
}

/** Throws INVALID_INPUT if the text contains U+FFFD, which decoders write for bytes that they cannot decode. */
export function assertDecoded(text: string): void {
  if (text.includes('\ufffd')) throw notUtf8(`line ${lineOf(text, '\ufffd')} contains characters that could not be decoded (U+FFFD)`);
}
