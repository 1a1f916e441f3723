import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '@todo/db/testing';
import { describe, it } from 'vitest';
import { createDataDir, start, stop } from '../testing/program.ts';

const filesIn = (folder: string) => {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
};

// Concurrent, because each waits 10 s for the first look at the folder.
describe.concurrent('a program with scheduled backups', () => {
  it('backs its own database up while it serves, and a restart neither repeats that nor leaves anything behind', async ({ expect }) => {
    using dataDir = createDataDir();
    const folder = join(dataDir.path, 'backups');
    const settings = { TODO_DATA_DIR: dataDir.path, PORT: String(await freePort()) };
    const first = await start(settings);
    const whole = ['last-backup.json', expect.stringMatching(/^todo-.*\.backup$/)];
    await expect.poll(() => filesIn(folder)).toEqual(whole);
    expect(await stop(first)).toBe(0);

    const second = await start(settings);
    expect(await stop(second)).toBe(0);
    expect(filesIn(folder)).toEqual(whole);
  });

  it('reports an unusable folder in one line, and keeps serving', async ({ expect }) => {
    using dataDir = createDataDir();
    const settings = { TODO_DATA_DIR: dataDir.path, BACKUP_DIR: '/dev/null/backups', PORT: String(await freePort()) };
    const program = await start(settings);
    await expect.poll(() => program.output()).toContain('The backup has failed and is tried again in an hour: /dev/null/backups cannot be used');
    expect((await fetch(`${program.url}/readyz`)).status).toBe(200);
    expect(await stop(program)).toBe(0);
  });
});
