import { describe, expect, it } from 'vitest';
import { procedures } from './index.ts';

const { input } = procedures.tasks.create;

/** A title of only this character is blank. */
const invisible: Record<string, string> = {
  'U+200B zero width space': '\u200b',
  'U+200D zero width joiner': '\u200d',
  'U+FEFF byte order mark': '\ufeff',
  'U+00AD soft hyphen': '\u00ad',
  'U+2060 word joiner': '\u2060',
  'U+3164 Hangul filler': '\u3164',
  'U+2800 blank Braille pattern': '\u2800',
  'U+FE0F variation selector': '\ufe0f',
  'U+202E right-to-left override': '\u202e',
  'U+E0020 tag space': '\u{e0020}',
  'U+0301 combining accent without a base': '\u0301',
  'U+0020 space': ' ',
  'U+00A0 no-break space': '\u00a0',
  'U+3000 ideographic space': '\u3000',
  'U+0085 next line': '\u0085',
  'U+180E Mongolian vowel separator': '\u180e',
  'U+115F Hangul choseong filler': '\u115f',
};

describe('a title', () => {
  it.each(Object.entries(invisible))('of %s alone is blank', (_, character) => {
    for (const title of [character, character.repeat(3), ` ${character}\t`]) {
      expect(input.safeParse({ title }).error?.issues).toMatchObject([{ path: ['title'], message: 'must not be blank' }]);
    }
  });

  it.each(Object.entries(invisible))('may hold %s beside what shows', (_, character) => {
    expect(input.parse({ title: `a${character}b` }).title).toBe(`a${character}b`.normalize('NFC'));
  });

  it.each(['.', '0', 'é', 'ß', '買', '🧀', '👩‍👩‍👧', '\u0627', '\u0e01', '\u2801'])('of %s is one', (title) => {
    expect(input.parse({ title }).title).toBe(title);
  });

  it('is kept in its composed form, however it was typed', () => {
    expect(input.parse({ title: 'Cafe\u0301', description: 'n\u0303' })).toMatchObject({ title: 'Caf\u00e9', description: '\u00f1' });
  });

  it('has at most 500 characters, counted as they are kept', () => {
    expect(input.safeParse({ title: 'e\u0301'.repeat(500) }).success).toBe(true);
    expect(input.safeParse({ title: '🧀'.repeat(500) }).success).toBe(true);
    expect(input.safeParse({ title: '🧀'.repeat(501) }).success).toBe(false);
  });
});
