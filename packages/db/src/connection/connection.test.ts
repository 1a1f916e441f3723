import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withConnection } from '../migrate/migrate.ts';
import { addOwner, createTestDatabase, inspect, type TestDatabase } from '../testing/database.ts';
import { Connection } from './connection.ts';

let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own[Symbol.asyncDispose]());

const open = () => Connection.open(own.superuserUrl, { connectTimeout: 5_000, answerTimeout: 10_000 });
const terminate = (pid: number) => inspect(own.superuserUrl, `select pg_terminate_backend(${pid})`);
const pidOf = async (connection: Connection) => {
  const [rows] = await connection.send([{ text: 'select pg_backend_pid() as pid' }]);
  return Number(Object(rows?.[0]).pid);
};
async function* pieces(...texts: string[]) {
  for (const text of texts) yield Buffer.from(text);
}
async function all(rows: AsyncIterable<Buffer>): Promise<string> {
  let text = '';
  for await (const piece of rows) text += piece;
  return text;
}
const unavailable = { reason: 'DATABASE_UNAVAILABLE' };

it('answers that nobody holds any more are not kept for as long as the connection lives', async () => {
  await withConnection(own.superuserUrl, async (connection) => {
    const answers: WeakRef<object>[] = [];
    for (let i = 0; i < 50; i += 1) {
      const [rows] = await connection.send([{ text: 'select 1 as one' }]);
      if (rows) answers.push(new WeakRef(rows));
    }
    const collect = globalThis.gc ?? (await exposedCollector());
    const left = () => {
      collect();
      return answers.filter((answer) => answer.deref()).length;
    };
    await expect.poll(left).toBeLessThan(5);
  });
});

/** Exposes the garbage collector without a flag for the whole run. */
async function exposedCollector(): Promise<() => void> {
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc');
}

describe('copying out', () => {
  it('gives every row, also one so large that the driver stops reading, and the connection goes on', async () => {
    await withConnection(own.superuserUrl, async (connection) => {
      for (const last of [1, 300_000]) {
        const sizes = [10, 300_000, 20, last];
        const text = await all(connection.copyOut(`copy (select repeat('x', n) from unnest(array[${sizes}]) n) to stdout`));
        expect(text.split('\n').map(({ length }) => length)).toEqual([...sizes, 0]);
        expect(await connection.send([{ text: 'select 1 as one' }])).toMatchObject([[{ one: 1 }]]);
      }
    });
  });

  it('reads no faster than its rows are taken', async () => {
    await withConnection(own.superuserUrl, async (connection) => {
      const pid = await pidOf(connection);
      const rows = connection.copyOut(`copy (select repeat('x', 10000) from generate_series(1, 20000)) to stdout`);
      await rows.next();
      const waits = () => inspect(own.superuserUrl, `select wait_event from pg_stat_activity where pid = ${pid} and wait_event = 'ClientWrite'`);
      await expect.poll(waits).toHaveLength(1);
      let bytes = 0;
      for await (const piece of rows) bytes += piece.length;
      expect(bytes).toBeGreaterThan(190_000_000);
    });
  });

  it('reports why it fails, and closes the connection when it is abandoned', async () => {
    const failing = await open();
    const rows = failing.copyOut('copy (select 1 / (3 - n) from generate_series(1, 5) n) to stdout');
    await expect(all(rows)).rejects.toMatchObject({ code: '22012' });
    expect(failing.dead).toBe(true);

    const abandoned = await open();
    for await (const _ of abandoned.copyOut('copy (select generate_series(1, 1000000)) to stdout')) break;
    expect(abandoned.dead).toBe(true);
  });

  it('fails when the connection is lost', async () => {
    const connection = await open();
    const pid = await pidOf(connection);
    const rows = connection.copyOut('copy (select 1, pg_sleep(n - 1) from generate_series(1, 60) n) to stdout');
    const failing = expect(all(rows)).rejects.toMatchObject(unavailable);
    await terminate(pid);
    await failing;
  });
});

describe('copying in', () => {
  it('gives PostgreSQL every row', async () => {
    await withConnection(own.superuserUrl, async (connection) => {
      await connection.send([{ text: 'create temp table numbers (n int)' }]);
      await connection.copyIn('copy numbers from stdin', pieces('1\n2\n', '3', '4\n'));
      expect(await connection.send([{ text: 'select sum(n) from numbers' }])).toMatchObject([[{ sum: '37' }]]);
    });
  });

  it.each([
    ['in the first row', 'copy numbers from stdin', 'x\n', '22P02'],
    ['only after the last row', 'copy tasks (user_id, id, title) from stdin', `${crypto.randomUUID()}\t${crypto.randomUUID()}\tNobody's\n`, undefined],
    ['before there are rows', 'copy nowhere from stdin', '1\n', '42P01'],
  ])('reports why it fails: %s', async (_, text, rows, code) => {
    await withConnection(own.superuserUrl, async (connection) => {
      await connection.send([{ text: 'create temp table numbers (n int)' }]);
      const expected = code ? { code } : { reason: 'OWNER_GONE' };
      await expect(connection.copyIn(text, pieces(rows))).rejects.toMatchObject(expected);
      expect(await connection.send([{ text: 'select 1 as one' }])).toMatchObject([[{ one: 1 }]]);
    });
  });

  it('stores nothing and ends the connection when its source fails', async () => {
    const owner = await addOwner(own);
    const connection = await open();
    const broken = async function* () {
      yield Buffer.from(`${owner}\t${crypto.randomUUID()}\tHalf\n`);
      throw new Error('The source is broken.');
    };
    await expect(connection.copyIn('copy tasks (user_id, id, title) from stdin', broken())).rejects.toThrow('The source is broken.');
    expect(connection.dead).toBe(true);
    expect(await inspect(own.superuserUrl, `select from tasks where title = 'Half'`)).toEqual([]);
  });

  it('fails when the connection is lost', async () => {
    const connection = await open();
    const pid = await pidOf(connection);
    await connection.send([{ text: 'create temp table numbers (n int)' }]);
    const endless = async function* () {
      yield Buffer.from('1\n');
      await terminate(pid);
      for (;;) yield Buffer.alloc(100_000, '2\n');
    };
    await expect(connection.copyIn('copy numbers from stdin', endless())).rejects.toMatchObject(unavailable);
  });
});
