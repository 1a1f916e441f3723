import { readFileSync, writeFileSync } from 'node:fs';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contentsOf, createFolder, createPopulated } from '../testing/backups.ts';
import { createEmptyDatabase, type TestDatabase } from '../testing/database.ts';
import { backup } from './backup.ts';
import type { Key } from './crypt.ts';
import { restore } from './restore.ts';
import { verifyBackup } from './verify.ts';

const folder = createFolder();
const [keyed, phrased] = [folder.file('keyed.age'), folder.file('phrased.age')];
let live: TestDatabase;
let identity: string;
let other: string;
beforeAll(async () => {
  live = await createPopulated();
  [identity, other] = [await generateIdentity(), await generateIdentity()];
  await backup(live.ownerUrl, keyed, { recipients: [await identityToRecipient(identity), await identityToRecipient(await generateIdentity())] });
  await backup(live.ownerUrl, phrased, { passphrase: 'correct horse battery' });
});
afterAll(async () => {
  folder[Symbol.dispose]();
  await live[Symbol.asyncDispose]();
});

const reasonOf = (path: string, key?: Key) =>
  verifyBackup(path, key).then(
    () => 'whole',
    (error) => error.reason ?? String(error),
  );

it('an encrypted backup restores with its key, and shows nothing without', async () => {
  for (const [path, key] of [
    [keyed, { identities: [other, identity] }],
    [phrased, { passphrase: 'correct horse battery' }],
  ] as const) {
    await using empty = await createEmptyDatabase();
    await restore(empty.ownerUrl, empty.appUrl, path, { key: 'identities' in key ? { identities: [...key.identities] } : key });
    expect(await contentsOf(empty)).toEqual(await contentsOf(live));
    expect(readFileSync(path).includes('backup.json')).toBe(false);
  }
});

describe('a wrong key is reported:', () => {
  it.each<[string, () => [string, Key?], string]>([
    ['none', () => [keyed], 'KEY_NEEDED'],
    ['another identity', () => [keyed, { identities: [other] }], 'WRONG_KEY'],
    ['an identity that is none', () => [keyed, { identities: ['AGE-SECRET-KEY-1NONE'] }], 'WRONG_KEY'],
    ['no identity at all', () => [keyed, { identities: [] }], 'WRONG_KEY'],
    ['a passphrase for an identity', () => [keyed, { passphrase: 'correct horse battery' }], 'WRONG_KEY'],
    ['another passphrase', () => [phrased, { passphrase: 'wrong' }], 'WRONG_KEY'],
    ['an identity for a passphrase', () => [phrased, { identities: [identity] }], 'WRONG_KEY'],
  ])('%s', async (_, what, reason) => {
    expect(await reasonOf(...what())).toBe(reason);
  });
});

it('an encrypted backup that was bent or cut anywhere is never taken for whole', async () => {
  const whole = readFileSync(keyed);
  const bent = folder.file('bent.age');
  const refused = /^(DAMAGED|WRONG_KEY|NOT_A_BACKUP)$/;
  for (let i = 0; i < 100; i += 1) {
    const at = i < 20 ? i : Math.floor(Math.random() * whole.length);
    const bytes = Buffer.from(whole);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(Math.random() * 8));
    writeFileSync(bent, bytes);
    expect(await reasonOf(bent, { identities: [identity] }), `byte ${at}`).toMatch(refused);
    writeFileSync(bent, whole.subarray(0, at));
    expect(await reasonOf(bent, { identities: [identity] }), `${at} bytes`).toMatch(refused);
  }
  writeFileSync(bent, Buffer.concat([whole, Buffer.from('more')]));
  expect(await reasonOf(bent, { identities: [identity] })).toMatch(refused);
});
