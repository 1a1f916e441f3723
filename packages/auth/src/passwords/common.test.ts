import { expect, it } from 'vitest';
import { loadCommonPasswords } from './common.ts';

const ada = { email: 'Ada.Lovelace@example.com', name: 'Ada Lovelace' };

it('the commonest passwords are known, in capitals and in the letters of other widths too', async () => {
  const isCommon = await loadCommonPasswords();
  for (const text of ['password', 'PassWord1', '12345678', 'qwertyuiop', 'iloveyou', 'ｐａｓｓｗｏｒｄ', '1qaz2wsx'])
    expect(isCommon(text, ada), text).toBe(true);
  for (const text of ['correct horse', 'battery staple', 'asswordx', 'password 1 of many', '\npassword', '漢字漢字漢字漢字'])
    expect(isCommon(text, ada), text).toBe(false);
});

it('a person’s own name or address is as common, whatever surrounds it', async () => {
  const isCommon = await loadCommonPasswords();
  for (const text of [ada.email, 'ADA.LOVELACE', 'ada lovelace', 'AdaLovelace1815', '!!ada1815', 'Lovelace-1815', 'todo2026!'])
    expect(isCommon(text, ada), text).toBe(true);
  expect(isCommon('ada loves engines', ada)).toBe(false);
  for (const text of ['71530914', '!?!?!?!?']) expect(isCommon(text, { email: '1@example.com', name: '?' }), text).toBe(false);
});

it('tens of thousands are known, in less memory than half a megabyte', async () => {
  const { default: entries }: { default: string[] } = await import('@zxcvbn-ts/language-common/src/passwords.json', { with: { type: 'json' } });
  const isCommon = await loadCommonPasswords();
  const long = entries.filter((entry) => entry.length >= 8);
  expect(long.length).toBeGreaterThan(15_000);
  expect(long.filter((entry, i) => i % 50 === 0 && !isCommon(entry, ada))).toEqual([]);
  expect(Buffer.byteLength(long.join('\n'))).toBeLessThan(500_000);
});
