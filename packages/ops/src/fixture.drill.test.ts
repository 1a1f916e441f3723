import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { restore } from '@todo/db/backup/restore';
import { describeCatalog } from '@todo/db/migrate/catalog';
import { withConnection } from '@todo/db/migrate/migrate';
import { committedCatalog } from '@todo/db/migrate/version';
import { createEmptyDatabase } from '@todo/db/testing';
import { createFolder } from '@todo/db/testing/backups';
import { expect, it } from 'vitest';
import { enter, readState } from './pitr/people.ts';
import { startProduct } from './product.ts';

const fixtures = join(import.meta.dirname, '..', 'fixtures');
const program = fileURLToPath(new URL('./testing/fixture.ts', import.meta.url));
/** The auth secret of the fixtures. It is used nowhere else. */
const secret = 'f'.repeat(64);

/** Restores a backup that testing/fixture.ts made, and uses it. */
async function prove(path: string): Promise<void> {
  await using empty = await createEmptyDatabase();
  await restore(empty.ownerUrl, empty.appUrl, path);
  expect(await withConnection(empty.ownerUrl, describeCatalog)).toBe(committedCatalog());
  await using product = await startProduct(empty.appUrl, secret);
  const people = await enter(product, 'sign-in');
  expect((await readState(people, empty.ownerUrl)).tasks).toBe(175);
  for (const person of people) expect(await person.token()).toContain('token');
}

it.each(readdirSync(fixtures))('a backup that an earlier version has made is restored by this one, and its people find their tasks: %s', async (name) => {
  await prove(join(fixtures, name));
});

it('one that this version makes in the same way is, too: the fixture of tomorrow', async () => {
  using folder = createFolder();
  execFileSync(process.execPath, [program, folder.file('today.backup'), secret]);
  await prove(folder.file('today.backup'));
});
