import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { startScratch } from '../embedded/scratch.ts';
import { describeCatalog } from '../migrate/catalog.ts';
import { applyMigrations, withConnection } from '../migrate/migrate.ts';
import { committedCatalog } from '../migrate/version.ts';
import { contentsOf, createFolder, populate } from '../testing/backups.ts';
import { inspect } from '../testing/database.ts';
import { backup } from './backup.ts';
import { restore } from './restore.ts';

const DEBIAN = '/usr/lib/postgresql/15/bin';
const there = existsSync(DEBIAN);

/** A server of one PostgreSQL version, with a database that has data and an empty one. */
async function startServer(binDir: string | undefined) {
  const { stop, ...server } = await startScratch(binDir);
  const [{ version } = {}] = await inspect(server.superuserUrl, `select current_setting('server_version') as version`);
  await inspect(server.superuserUrl, 'create database other owner todo_owner');
  const named = (name: string) => ({
    ownerUrl: server.ownerUrl.replace(/todo$/, name),
    appUrl: server.appUrl.replace(/todo$/, name),
    superuserUrl: server.superuserUrl.replace(/postgres$/, name),
  });
  await applyMigrations(server.ownerUrl, server.appUrl);
  const used = named('todo');
  await populate(used);
  return { version: Number.parseInt(String(version), 10), used, empty: named('other'), [Symbol.asyncDispose]: stop };
}

it.runIf(there)(`a backup made on PostgreSQL 18 restores on 15, and the other way round${there ? '' : ': PostgreSQL 15 is not on this machine'}`, async () => {
  await using older = await startServer(DEBIAN);
  await using newer = await startServer(undefined);
  using folder = createFolder();
  expect([older.version, newer.version]).toEqual([15, 18]);
  for (const [from, to] of [[newer, older] as const, [older, newer] as const]) {
    const file = folder.file(`from-${from.version}`);
    const { manifest } = await backup(from.used.ownerUrl, file);
    await restore(to.empty.ownerUrl, to.empty.appUrl, file);
    expect(await contentsOf(to.empty)).toEqual(manifest);
    expect(await withConnection(to.empty.ownerUrl, describeCatalog)).toBe(committedCatalog());
  }
});
