import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withConnection } from '../migrate/migrate.ts';
import { createTestDatabase, type TestDatabase } from '../testing/database.ts';
import { writeLogs } from '../testing/trimmed.ts';
import type { UserId } from '../user-id.ts';
import { type Head, verifyLog } from './verify.ts';

let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own[Symbol.asyncDispose]());

const verify = (owner: UserId, recorded?: Head) => withConnection(own.ownerUrl, (connection) => verifyLog(connection, owner, recorded));
const { rename, now, addLog, addTrimmed } = writeLogs(() => own);

const trim = (owner: UserId, before: string) => own.trimLog(owner, before);

/** Changes rows without triggers, as someone with the superuser's login could. */
const tamper = (text: string) =>
  withConnection(own.superuserUrl, (connection) => connection.send([{ text: `set session_replication_role = replica; ${text}` }]));

describe('a log whose beginning was dropped is broken', () => {
  it.each([
    ['what the owner had there was changed', `update owners set dropped_state = sha256('') where user_id = $1`, 5],
    ['it does not say what the owner had there', 'update owners set dropped_state = null where user_id = $1', 5],
    ['the proof of what follows was changed', `update owners set dropped_hash = sha256('') where user_id = $1`, 6],
    ['it says it was trimmed at less', 'update owners set dropped_seq = 4 where user_id = $1', 5],
    ['it says it was trimmed at more', 'update owners set dropped_seq = 6 where user_id = $1', 7],
    ['it says it was never trimmed', 'update owners set dropped_seq = 0 where user_id = $1', 1],
    ['it says it was trimmed past its end', 'update owners set dropped_seq = 8 where user_id = $1', 6],
    ['more of its beginning is gone', 'delete from events where seq = 6 and user_id = $1', 6],
    [
      'more of its beginning is gone, with the hash there',
      `update owners o set dropped_seq = 6, dropped_hash = e.hash from events e where e.user_id = o.user_id and e.seq = 6 and o.user_id = $1;
       delete from events where seq = 6 and user_id = $1`,
      6,
    ],
    ['a field that something has touched since was changed', `update tasks set title = 'Z' where title = 'A2' and user_id = $1`, 6],
    ['a field that nothing has touched since was changed', `update tasks set description = 'Z' where title = 'A2' and user_id = $1`, 5],
    [
      'a row that nothing has touched since was added',
      `insert into tasks select user_id, gen_random_uuid(), 'New', '', null, created_at, updated_at, 1, '' from tasks where title = 'A2' and user_id = $1`,
      5,
    ],
  ])('when %s', async (_, change, seq) => {
    const ada = await addTrimmed();
    await tamper(change.replaceAll('$1', `'${ada}'`));
    expect((await verify(ada)).fault?.seq).toBe(seq);
  });

  it('when a task that has not changed since is not what it was there', async () => {
    const ada = await addLog();
    await trim(ada, await now());
    await tamper(`update tasks set title = 'Z' where user_id = '${ada}' and title = 'A'`);
    expect((await verify(ada)).fault).toMatchObject({ seq: 5 });
  });

  it('when what the owner had there is proven anew after a change, and its head was recorded', async () => {
    const ada = await addTrimmed();
    const { head } = await verify(ada);
    await tamper(
      `set app.user_id = '${ada}'; update tasks set description = 'Z' where user_id = '${ada}' and title = 'A2';
       update owners set dropped_state = state_digest('${ada}', 5) where user_id = '${ada}'`,
    );
    expect(await verify(ada)).not.toHaveProperty('fault');
    expect((await verify(ada, head)).fault).toMatchObject({ seq: 5 });
  });
});

it('a log that was trimmed past its recorded head is sound, but cannot be compared with it', async () => {
  const ada = await addLog();
  const { head } = await verify(ada);
  const time = await now();
  await rename(ada, 'A', 'A2');
  await trim(ada, time);
  expect(await verify(ada, head)).toMatchObject({ compared: true });
  await trim(ada, await now());
  const verdict = await verify(ada, head);
  expect(verdict).toMatchObject({ compared: false, head: { droppedSeq: 6 } });
  expect(verdict).not.toHaveProperty('fault');
});
