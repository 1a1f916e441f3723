import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { backupName, listBackups } from '@todo/db/backup/folder';
import { addOwner, createTestDatabase, inspect, type TestDatabase } from '@todo/db/testing';
import { contentsOf, createFolder } from '@todo/db/testing/backups';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runBackup, runRestore } from './backup-commands.ts';

const folder = createFolder();
let own: TestDatabase;
let ada: string;
beforeAll(async () => {
  own = await createTestDatabase();
  ada = await addOwner(own, 3);
});
afterAll(async () => {
  folder[Symbol.dispose]();
  await own[Symbol.asyncDispose]();
});
beforeEach(() => folder.clear());

const backup = (...args: string[]) => runBackup(own.ownerUrl, args, folder.path);
const restore = (...args: string[]) => runRestore(args, folder.path, (work) => work(own));
const untouched = (...args: string[]) =>
  runRestore(args, folder.path, () => {
    throw new Error('This command opens no database.');
  });
const note = () => JSON.parse(readFileSync(folder.file('last-backup.json'), 'utf8'));
const name = () => new URL(own.ownerUrl).pathname.slice(1);

describe('backup', () => {
  it('is stored in the folder under its own name, prints what it contains, and records its result', async () => {
    const said = await backup();
    const [{ name: file = '' } = {}] = listBackups(folder.path);
    expect(said).toMatch(new RegExp(`^${folder.file(file)}: 1 person, 0 lists, 3 tasks, 3 events, [\\d.]+ kB in [\\d.]+ s$`));
    expect(note()).toEqual({
      time: expect.any(String),
      seconds: expect.any(Number),
      outcome: 'ok',
      file,
      bytes: readFileSync(folder.file(file)).length,
      rows: 8,
      takenAt: expect.any(String),
    });
  });

  it('goes into a file where one is named', async () => {
    await backup(folder.file('before-the-move'));
    expect(await untouched('--verify', folder.file('before-the-move'))).toMatch(
      /: whole, taken 20.* from PostgreSQL \d.* by version 0.*\n1 person, 0 lists, 3 tasks, 3 events/,
    );
  });

  it('deletes older ones that are not to be kept, once the new one is there, and nothing else', async () => {
    const old = Array.from({ length: 40 }, (_, i) => backupName(new Date(Date.now() - (i + 1) * 86_400_000), false));
    for (const file of [...old, 'holiday.jpg']) writeFileSync(folder.file(file), '');
    expect(await backup('--keep', '3d')).toContain('; 38 older backups deleted');
    expect(
      listBackups(folder.path)
        .slice(1)
        .map(({ name: file }) => file),
    ).toEqual(old.slice(0, 2));
    expect(existsSync(folder.file('holiday.jpg'))).toBe(true);
  });

  it('that fails leaves a note too, and deletes nothing', async () => {
    const old = [5, 6].map((days) => backupName(new Date(Date.now() - days * 86_400_000), false));
    for (const file of old) writeFileSync(folder.file(file), '');
    const nowhere = own.ownerUrl.replace(/[^/]+$/, 'nowhere');
    await expect(runBackup(nowhere, ['--keep', '1d'], folder.path)).rejects.toThrow();
    expect(note()).toMatchObject({ outcome: 'failed', error: expect.any(String) });
    expect(listBackups(folder.path)).toHaveLength(2);
  });

  it('clears away what a killed one has left, and not what a living one is writing', async () => {
    const half = backupName(new Date(0), false);
    const [dead, alive, foreign] = [`${half}.partial-99999999`, `${half}.partial-${process.ppid}`, 'film.partial-99999999'];
    for (const file of [dead, alive, foreign]) writeFileSync(folder.file(file), '');
    await backup();
    expect(
      readdirSync(folder.path)
        .filter((file) => file.includes('partial'))
        .sort(),
    ).toEqual([foreign, alive].sort());
  });

  it.each([
    [['--keep', 'all'], 'Write it like 7d,4w,12m'],
    [['file', '--keep', '7d'], 'Omit the file name'],
    [['--to', 'age1x', '--passphrase-file', 'x'], 'Pass either --to or --passphrase-file, not both.'],
    [['--passphrase-file', '/nowhere'], '/nowhere cannot be used'],
    [['--to', 'nonsense'], 'unrecognized recipient'],
    [['--unknown'], '--unknown'],
  ])('is refused with %j', async (args, message) => {
    await expect(backup(...args)).rejects.toThrow(message);
    expect(listBackups(folder.path)).toEqual([]);
  });
});

describe('restore', () => {
  it('lists what there is, newest first, without a database', async () => {
    for (const day of ['2026-11-01', '2026-11-03']) writeFileSync(folder.file(backupName(new Date(day), false)), 'x'.repeat(1234));
    const lines = (await untouched('--list')).split('\n').map((line) => line.replace(/ +/g, ' '));
    expect(lines).toEqual([
      '2026-11-03T00:00:00.000Z 1.2 kB todo-20261103T000000Z.backup',
      '2026-11-01T00:00:00.000Z 1.2 kB todo-20261101T000000Z.backup',
      `${folder.path}: 2 backups`,
    ]);
    expect(await untouched('--list', folder.file('nowhere'))).toMatch(/: 0 backups$/);
  });

  it('brings back everybody, or one', async () => {
    await backup(folder.file('before'));
    const before = await contentsOf(own);
    await inspect(own.superuserUrl, `delete from tasks where title = 'Task 2'`);
    expect(await restore('--owner', ada, folder.file('before'))).toMatch(new RegExp(`^owner ${ada}: 0 lists and 3 tasks as of 20.*, 1 of them restored in`));
    await expect(restore(folder.file('before'))).rejects.toThrow(`--replace "${name()}"`);
    expect(await restore(folder.file('before'), '--replace', name())).toMatch(/: 1 person, 0 lists, 3 tasks, 3 events restored and verified in/);
    expect(await contentsOf(own)).toEqual(before);
  });

  it('opens what was encrypted, by the file of a passphrase', async () => {
    writeFileSync(folder.file('passphrase'), 'correct horse battery\n');
    await backup('--passphrase-file', folder.file('passphrase'));
    const [{ name: file = '' } = {}] = listBackups(folder.path);
    expect(file).toMatch(/\.backup\.age$/);
    await expect(untouched('--verify', folder.file(file))).rejects.toThrow('--passphrase-file');
    expect(await untouched('--verify', folder.file(file), '--passphrase-file', folder.file('passphrase'))).toContain(': whole');
  });

  it.each([
    [[], 'Name the backup'],
    [['/nowhere'], '/nowhere cannot be used'],
    [['x', '--owner', 'x', '--replace', 'x'], 'Pass either --owner or --replace, not both.'],
    [['x', '--identity-file', 'x', '--passphrase-file', 'x'], 'Pass either --identity-file or --passphrase-file, not both.'],
  ])('is refused with %j', async (args, message) => {
    await expect(restore(...args)).rejects.toThrow(message);
  });
});
