import { describe, expect, it } from 'vitest';
import { readTaskFile } from '../../import.ts';

const refused = (message: RegExp) => expect.objectContaining({ name: 'TodoError', reason: 'INVALID_INPUT', message: expect.stringMatching(message) });

describe('the encoding of a file', () => {
  const text = 'title,description\nCaf\u00e9,\ud83e\uddc0\n';
  const utf16 = (content: string, isLittle: boolean) => {
    const bytes = new DataView(new ArrayBuffer(content.length * 2));
    for (let i = 0; i < content.length; i += 1) bytes.setUint16(i * 2, content.charCodeAt(i), isLittle);
    return new Uint8Array(bytes.buffer);
  };
  const asUtf8 = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const latin = Uint8Array.from([...'title\nMilk\nCaf\u00e9\n'], (letter) => letter.charCodeAt(0));

  it('is detected from its byte order mark', () => {
    const read = readTaskFile(text);
    expect(read.tasks).toMatchObject([{ title: 'Caf\u00e9', description: '\ud83e\uddc0' }]);
    const forms = [text, `\ufeff${text}`].map((form) => new TextEncoder().encode(form));
    for (const bytes of [...forms, utf16(`\ufeff${text}`, true), utf16(`\ufeff${text}`, false)]) expect(readTaskFile(bytes)).toEqual(read);
  });

  const wrong: [string, string | Uint8Array][] = [
    ['Latin-1 that was read as UTF-8', asUtf8(latin)],
    ['UTF-16 that was read as UTF-8', asUtf8(utf16(`\ufeff${text}`, true))],
    ['UTF-8 with a damaged letter', Uint8Array.from([...new TextEncoder().encode('title\nCaf\u00e9\n'), 0xc3, 0x0a])],
    ['no text', Uint8Array.from({ length: 256 }, (_, i) => i)],
    ['UTF-16 without a mark', utf16(text, true)],
    ['UTF-16 without a mark that was read as UTF-8', asUtf8(utf16('title\nMilk\n', false))],
    ['JSON in UTF-16 that was read as UTF-8', asUtf8(utf16('{"format":"todo-export"}', true))],
    ['half a UTF-16 character', utf16('\ufefftitle\n\ud83e', true)],
  ];
  it.each(wrong)('is refused when it is %s', (_, file) => {
    expect(() => readTaskFile(file)).toThrow(refused(/^This file is not UTF-8/));
  });

  it('is Windows-1252 if it has letters that are not UTF-8, and the reader says so', () => {
    const windows = Uint8Array.from([...latin, 0x80, 0x96, 0x0a]);
    const { tasks, notes } = readTaskFile(windows);
    expect(tasks).toMatchObject([{ title: 'Milk' }, { title: 'Caf\u00e9' }, { title: '\u20ac\u2013' }]);
    expect(notes).toEqual([{ line: 0, message: 'The file is not UTF-8; it was read as Windows-1252. Check letters with accents.' }]);
  });

  it('is known with bytes, so U+FFFD may be a character of the file; in a string it may not', () => {
    const file = 'title\r\nMilk\r\nCaf\ufffd\r\n';
    expect(readTaskFile(new TextEncoder().encode(file)).tasks).toMatchObject([{ title: 'Milk' }, { title: 'Caf\ufffd' }]);
    expect(() => readTaskFile(file)).toThrow(refused(/line 3 /));
  });
});
