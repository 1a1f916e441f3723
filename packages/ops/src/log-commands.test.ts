import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withConnection } from '@todo/db/migrate/migrate';
import { addOwner, createTestDatabase, inspect, type TestDatabase } from '@todo/db/testing';
import { hashAnew } from '@todo/db/testing/logs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifyLogs } from './log-commands.ts';

let own: TestDatabase;
let dir: string;
beforeEach(async () => {
  own = await createTestDatabase();
  dir = mkdtempSync(join(tmpdir(), 'todo-heads-'));
});
afterEach(async () => {
  await own[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true });
});

/** Runs a command; returns its result or error message, and the lines that it printed. */
async function run(command: typeof verifyLogs, ...args: string[]) {
  const printed: string[] = [];
  const end = await command(own.ownerUrl, args, (line) => printed.push(line)).catch((error: Error) => error.message);
  return { end, printed: printed.sort() };
}

const verify = (...args: string[]) => run(verifyLogs, ...args);

const tamper = (text: string) =>
  withConnection(own.superuserUrl, (connection) => connection.send([{ text: `set session_replication_role = replica; ${text}` }]));

describe('verify-log', () => {
  it('reads the log of everybody', async () => {
    for (const tasks of [3, 0, 2]) await addOwner(own, tasks);
    expect(await verify()).toEqual({ end: '3 logs with 5 events: sound', printed: [] });
  });

  it('names the first broken row of every broken log, and fails', async () => {
    const [ada, bob, eve] = [await addOwner(own, 3), await addOwner(own, 3), await addOwner(own, 3)];
    await tamper(`update events set version = 9 where user_id = '${ada}' and seq > 1; delete from events where user_id = '${bob}' and seq = 3`);
    const printed = [`owner ${ada}: event 2 does not match its hash: it or the event before it was changed`, `owner ${bob}: event 3 is missing`];
    expect(await verify()).toEqual({ end: '2 of 3 logs are broken.', printed: printed.sort() });
    expect(await verify('--owner', eve)).toEqual({ end: '1 log with 3 events: sound', printed: [] });
    expect(await verify('--owner', ada)).toMatchObject({ end: '1 of 1 log is broken.' });
  });

  it('ends with 1 when a log is broken and with 0 when none is', async () => {
    const ada = await addOwner(own, 1);
    const env = { PATH: process.env.PATH, DATABASE_URL: own.appUrl, DATABASE_MIGRATION_URL: own.ownerUrl };
    const db = () => promisify(execFile)(process.execPath, [join(import.meta.dirname, 'cli.ts'), 'verify-log'], { env });
    expect(await db()).toEqual({ stdout: '1 log with 1 event: sound\nverify-log: done\n', stderr: '' });
    await tamper('delete from events');
    await expect(db()).rejects.toMatchObject({ code: 1, stdout: '', stderr: `owner ${ada}: event 1 is missing\nverify-log: 1 of 1 log is broken.\n` });
  });

  it.each([
    [['--owner', '018f0000-0000-7000-8000-000000000000'], 'No account has the id 018f0000-0000-7000-8000-000000000000.'],
    [['--owner', `x' or true --`], `No account has the id x' or true --.`],
    [['--all'], `Unknown option '--all'`],
    [['--heads', import.meta.filename], 'is not the head of a log.'],
  ])('refuses %j and says why', async (args, reason) => {
    await addOwner(own, 1);
    expect(await verify(...args)).toEqual({ end: expect.stringContaining(reason), printed: [] });
  });

  it('records heads, and finds a log that was cut off behind one', async () => {
    const heads = join(dir, 'heads');
    const [ada, bob] = [await addOwner(own, 3), await addOwner(own, 2)];
    await addOwner(own);
    expect((await verify('--heads', heads)).end).toContain('sound; 0 heads compared, 2 recorded');
    await inspect(own.superuserUrl, `update tasks set title = title || '!' where user_id = '${bob}'; `);
    expect((await verify('--heads', heads)).end).toContain('sound; 2 heads compared, 2 recorded');
    const recorded = readFileSync(heads, 'utf8');
    expect(recorded.trim().split('\n')).toHaveLength(2);
    expect(recorded).toMatch(new RegExp(`^${ada}:3:[0-9a-f]{64}$`, 'm'));
    expect(recorded).toMatch(new RegExp(`^${bob}:4:[0-9a-f]{64}$`, 'm'));

    await tamper(`delete from events where user_id = '${bob}' and seq > 2; update owners set last_seq = 2, last_hash = (select hash from events where user_id = '${bob}' and seq = 2) where user_id = '${bob}';
      update tasks set title = rtrim(title, '!'), version = 1, updated_at = created_at where user_id = '${bob}'; ${hashAnew(bob)}`);
    expect(await verify()).toMatchObject({ printed: [] });
    expect(await verify('--heads', heads)).toMatchObject({ printed: [expect.stringContaining(`owner ${bob}: event 3 is missing`)] });
    expect(readFileSync(heads, 'utf8')).toBe(recorded);
  });

  it('of one owner records that head and keeps the others; of everybody it lets go of those whose account is gone', async () => {
    const heads = join(dir, 'heads');
    const [ada, bob] = [await addOwner(own, 1), await addOwner(own, 1)];
    await verify('--heads', heads);
    await inspect(own.superuserUrl, `update tasks set title = 'Later' where user_id = '${ada}'`);
    await verify('--heads', heads, '--owner', ada);
    expect(readFileSync(heads, 'utf8')).toMatch(new RegExp(`${ada}:2:`));
    expect(readFileSync(heads, 'utf8')).toMatch(new RegExp(`${bob}:1:`));
    await inspect(own.superuserUrl, `delete from "user" where id = '${bob}'`);
    expect(await verify('--heads', heads)).toMatchObject({ printed: [] });
    expect(readFileSync(heads, 'utf8')).not.toContain(bob);
    expect(existsSync(`${heads}.new`)).toBe(false);
  });
});
