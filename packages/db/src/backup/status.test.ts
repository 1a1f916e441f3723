import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { createFolder } from '../testing/backups.ts';
import { createTestDatabase } from '../testing/database.ts';
import { backupStatus } from './status.ts';
import { takeBackup } from './take.ts';

it('tells the newest backup, and how the last backup and drill ended', async () => {
  using folder = createFolder();
  expect(await backupStatus(folder.file('missing'))).toEqual({ newest: undefined, last: [] });
  expect(await backupStatus(folder.path)).toEqual({ newest: undefined, last: [] });
  await using own = await createTestDatabase();
  await takeBackup(own.ownerUrl, { folder: folder.path });
  const taken = await backupStatus(folder.path);
  expect(taken).toEqual({ newest: expect.any(Date), last: [{ kind: 'backup', time: expect.any(Date), seconds: expect.any(Number), isOk: true }] });

  await expect(takeBackup(own.ownerUrl.replace('todo_owner', 'nobody'), { folder: folder.path })).rejects.toThrow();
  writeFileSync(folder.file('last-drill.json'), JSON.stringify({ time: '2026-11-23T15:51:15.080Z', seconds: 4, outcome: 'ok', rpoSeconds: 1 }));
  const failed = await backupStatus(folder.path);
  expect(failed.newest).toEqual(taken.newest);
  expect(failed.last).toMatchObject([
    { kind: 'backup', isOk: false },
    { kind: 'drill', time: new Date('2026-11-23T15:51:15.080Z'), seconds: 4, isOk: true },
  ]);

  writeFileSync(folder.file('last-backup.json'), '{"time":');
  mkdirSync(folder.file('todo-20261130T000000Z.backup.partial-1'));
  expect(await backupStatus(folder.path)).toEqual({ newest: taken.newest, last: failed.last.slice(1) });
});
