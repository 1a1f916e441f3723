import { hashPassword, verifyPassword } from 'better-auth/crypto';
import { expect, it } from 'vitest';
import { createScrypt, SCRYPT, scrypt } from './scrypt.ts';

const password = 'correct horse battery';

it('a hash of an earlier version stays valid', async () => {
  const [salt, key] = [
    'fa728c35c756d410acb77e1bdbc65779',
    'acdffb4ac7e1c119cb440b0a3b87a13694c8d40b83ad10ec8d87d7886c7f5113bca0f95e70f7ed52d632df9ac8f9d20fb9490cd0e48c6820edbd3c82524a43ba',
  ];
  expect(await scrypt.verify({ hash: `${salt}:${key}`, password })).toBe(true);
  expect(await scrypt.verify({ hash: `${salt}:${key}`, password: 'another horse battery' })).toBe(false);
});

it('a hash says its parameters, which are those of Better Auth, and each reads the hashes of the other', async () => {
  const hash = await scrypt.hash(password);
  expect(hash).toMatch(/^[0-9a-f]{32}:[0-9a-f]{128}:scrypt,16384,16,1$/);
  expect(await verifyPassword({ hash, password })).toBe(true);
  expect(await verifyPassword({ hash, password: 'another horse battery' })).toBe(false);
  const former = await hashPassword(password);
  expect([await scrypt.verify({ hash: former, password }), scrypt.isWeak?.(former)]).toEqual([true, false]);
});

it('a hash with other parameters is compared with those, and is weak if they cost less', async () => {
  const [small, large] = [createScrypt({ N: 1_024, r: 8, p: 1 }), createScrypt({ N: 1_024, r: 8, p: 2 })];
  const [weak, strong] = [await small.hash(password), await large.hash(password)];
  for (const hashing of [small, large, scrypt]) {
    for (const hash of [weak, strong]) {
      expect(await hashing.verify({ hash, password })).toBe(true);
      expect(await hashing.verify({ hash, password: 'another horse battery' })).toBe(false);
    }
  }
  expect([small.isWeak?.(weak), small.isWeak?.(strong), large.isWeak?.(weak), large.isWeak?.(strong), scrypt.isWeak?.(strong)]).toEqual([
    false,
    false,
    true,
    false,
    true,
  ]);
  expect(createScrypt({ ...SCRYPT, p: 3 }).isWeak?.('00:00')).toBe(true);
});

it('a hash of another form, or one that takes more than 256 MB, is compared with nothing', async () => {
  for (const hash of ['', 'x', '00:00:', '00:00:scrypt,0,16,1', '00:00:argon2,1,2,3', '00:00:scrypt,16777216,16,1'])
    await expect(scrypt.verify({ hash, password }), hash).rejects.toThrow();
});
