import { expect, it } from 'vitest';
import { describeCatalog } from '../catalog.ts';
import { committedCatalog, refuseUnprotected, withConnection } from '../migrate.ts';
import { createEmptyDatabase, inspect } from '../testing.ts';
import { backup } from './backup.ts';
import { restore } from './restore.ts';
import { contentsOf, createFolder, createPopulated } from './testing-backups.ts';

it('what was backed up is what is restored, to the last byte, in a database as migrations make it', async () => {
  await using live = await createPopulated();
  await using empty = await createEmptyDatabase();
  using folder = createFolder();
  const { manifest } = await backup(live.ownerUrl, folder.file('a.backup'));
  expect(manifest).toEqual(await contentsOf(live));
  expect(manifest.tables.tasks?.rows).toBeGreaterThan(0);

  await restore(empty.ownerUrl, empty.appUrl, folder.file('a.backup'));
  expect(await contentsOf(empty)).toEqual(manifest);
  expect(await withConnection(empty.ownerUrl, describeCatalog)).toBe(committedCatalog());
  const migrations = 'select id, hash, created_at from drizzle.__drizzle_migrations order by id';
  expect(await inspect(empty.superuserUrl, migrations)).toEqual(await inspect(live.superuserUrl, migrations));
  await refuseUnprotected(empty.appUrl);
});
