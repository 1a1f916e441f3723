import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { withConnection } from '../migrate/migrate.ts';
import { addOwner, createTestDatabase, inspect, script, type TestDatabase } from '../testing/database.ts';
import type { UserId } from '../user-id.ts';
import { runHousekeeping, type Sizes, startHousekeeping } from './housekeeping.ts';

let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own[Symbol.asyncDispose]());

const run = (text: string) => inspect(own.superuserUrl, text);

/** Runs every purge once; returns what was logged. */
async function housekeep(url = own.appUrl): Promise<string[]> {
  const logged: string[] = [];
  await runHousekeeping({ url, log: (message) => logged.push(message) });
  return logged;
}

describe('expired data', () => {
  const kept = async () => {
    const tables = ['session', 'verification', 'mails', 'security_events', 'rate_limit', 'idempotency_keys'];
    const counts = await Promise.all(tables.map((table) => run(`select count(*)::int from ${table}`)));
    return Object.fromEntries(tables.map((table, i) => [table, counts[i]?.[0]?.count]));
  };
  const fill = (owner: UserId) =>
    script(
      own.superuserUrl,
      `insert into session (id, user_id, token, expires_at, created_at, updated_at)
         select gen_random_uuid(), '${owner}', gen_random_uuid(), at, at - interval '30 days', at - interval '30 days'
         from generate_series(-1500, 3) n, lateral (select now() + n * interval '1 minute') expiry (at);
       insert into verification (id, identifier, value, expires_at, created_at, updated_at)
         select gen_random_uuid(), 'x', 'y', now() + n * interval '1 minute', now(), now() from generate_series(-3, 3) n;
       insert into mails (id, user_id, content, created_at, attempts, next_attempt_at)
         select gen_random_uuid(), '${owner}', '', now() - n * interval '10 hours', 0, now() from generate_series(0, 9) n;
       insert into security_events (user_id, id, name, at)
         select '${owner}', gen_random_uuid(), 'signed_in', now() - n * interval '60 days' + interval '1 hour' from generate_series(0, 9) n;
       insert into rate_limit (id, key, count, last_request)
         select gen_random_uuid(), gen_random_uuid(), 1, (date_part('epoch', now() - n * interval '9 hours') * 1000)::bigint from generate_series(0, 9) n;
       insert into idempotency_keys (user_id, id, seq, at)
         select '${owner}', gen_random_uuid(), 0, now() - n * interval '10 days' + interval '1 hour' from generate_series(0, 9) n`,
    );
  const rest = { session: 3, verification: 3, mails: 3, security_events: 4, rate_limit: 3, idempotency_keys: 4 };

  afterEach(async () => {
    await run('delete from "user"');
    for (const table of ['verification', 'rate_limit']) await run(`delete from ${table}`);
  });

  it('goes, and what is valid stays', async () => {
    await fill(await addOwner(own));
    expect(await housekeep()).toEqual([]);
    expect(await kept()).toEqual(rest);
  });

  it('is counted, with the sizes afterwards', async () => {
    await fill(await addOwner(own, 2));
    const seen: (Sizes | [string, number])[] = [];
    const observe = { deleted: (what: string, rows: number) => seen.push([what, rows]), ended: (sizes: Sizes) => seen.push(sizes) };
    await runHousekeeping({ url: own.appUrl, log: (message) => expect(message).toBe(''), observe });
    const sizes = { databaseBytes: expect.any(Number), eventsBytes: expect.any(Number), eventsWritten: expect.any(Number), eventsDeleted: expect.any(Number) };
    expect(seen).toEqual([
      ['large logs', 0],
      ['old logs', 0],
      ['idempotency keys', 6],
      ['sessions', 1501],
      ['verifications', 4],
      ['mails', 7],
      ['security events', 6],
      ['rate limit counts', 7],
      sizes,
    ]);
    const { databaseBytes, eventsBytes } = Object(seen.at(-1));
    expect(databaseBytes).toBeGreaterThan(eventsBytes);
    expect(eventsBytes).toBeGreaterThan(0);
  });

  it('is left alone while another instance is at work', async () => {
    await fill(await addOwner(own));
    const before = await kept();
    await withConnection(own.superuserUrl, async (connection) => {
      await connection.send([{ text: 'begin; select pg_advisory_xact_lock(7362003)' }]);
      expect(await housekeep()).toEqual([]);
    });
    expect(await kept()).toEqual(before);
    const keptThen = async () => {
      await housekeep();
      return kept();
    };
    await expect.poll(keptThen).toEqual(rest);
  });

  it('of one kind that cannot be deleted is told with its cause in one line, and the others go', async () => {
    await fill(await addOwner(own));
    await run(`alter function purge_idempotency_keys() rename to away`);
    const logged = await housekeep();
    await run(`alter function away() rename to purge_idempotency_keys`);
    expect(logged).toEqual([expect.stringMatching(/^Old data could not be deleted \(idempotency keys\).*purge_idempotency_keys\(\) does not exist$/)]);
    expect(await kept()).toEqual({ ...rest, idempotency_keys: 10 });
  });

  it('waits for the database: nothing throws', async () => {
    const logged = await housekeep(own.appUrl.replace(/:\d+\//, ':1/'));
    expect(logged).toEqual([expect.stringMatching(/ECONNREFUSED/)]);
  });

  it('goes again and again until the server stops', async () => {
    const ada = await addOwner(own);
    const logged: string[] = [];
    {
      await using _ = startHousekeeping({ url: own.appUrl, log: (message) => logged.push(message), everyMs: 20 });
      for (let i = 0; i < 2; i += 1) {
        await run('delete from session');
        await fill(ada);
        await expect.poll(async () => (await kept()).session).toBe(3);
      }
    }
    await run('delete from session');
    await fill(ada);
    const before = await kept();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect([await kept(), logged]).toEqual([before, []]);
  });
});
