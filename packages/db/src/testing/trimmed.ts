import { expect } from 'vitest';
import type { UserId } from '../user-id.ts';
import { addOwner, inspect, type TestDatabase } from './database.ts';

/** Writes logs of five and seven events, and trims them. */
export function writeLogs(own: () => TestDatabase) {
  const run = (text: string) => inspect(own().superuserUrl, text);
  const add = (owner: UserId, title: string) => run(`insert into tasks (user_id, id, title) values ('${owner}', gen_random_uuid(), '${title}')`);
  const rename = (owner: UserId, title: string, to: string) => run(`update tasks set title = '${to}' where user_id = '${owner}' and title = '${title}'`);
  const remove = (owner: UserId, title: string) => run(`delete from tasks where user_id = '${owner}' and title = '${title}'`);

  /** A time between all earlier and all later events: their times have milliseconds. */
  const now = async () => String((await run(`select date_trunc('milliseconds', clock_timestamp())::text as now from pg_sleep(0.002)`))[0]?.now);

  /** Five events: A is unchanged, B was renamed, C was removed. */
  async function addLog(): Promise<UserId> {
    const owner = await addOwner(own());
    for (const title of ['A', 'B', 'C']) await add(owner, title);
    await rename(owner, 'B', 'B2');
    await remove(owner, 'C');
    return owner;
  }

  /** The same with two later events, trimmed to these. */
  async function addTrimmed(): Promise<UserId> {
    const owner = await addLog();
    const time = await now();
    await rename(owner, 'A', 'A2');
    await remove(owner, 'B2');
    expect(await own().trimLog(owner, time)).toBe(5);
    return owner;
  }

  return { run, add, rename, remove, now, addLog, addTrimmed };
}
