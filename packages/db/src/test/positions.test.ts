import { POSITION_MAX_BYTES } from '@todo/contract';
import { generateKeyBetween } from 'fractional-indexing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { texts } from '../log/owners.ts';
import { addOwner, createTestDatabase, type TestDatabase } from '../testing/database.ts';
import { useConnection } from '../testing/inspect.ts';

let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own[Symbol.asyncDispose]());

type Key = string | null;

const quoted = (key: Key) => (key === null ? 'null' : `'${key}'`);
const array = (keys: string[]) => `array[${keys.map(quoted)}]::text[]`;

/** The first column of each row of a query. */
const column = (text: string): Promise<string[]> =>
  useConnection(own.superuserUrl, async (connection) => (await texts(connection, text, [])).map(([value = '']) => value));

const between = (pairs: [Key, Key][]) =>
  column(`select position_between(a, b) from (values ${pairs.map(([a, b], i) => `(${i}, ${quoted(a)}, ${quoted(b)}::text)`)}) pair (i, a, b) order by i`);

/** Keys as random inserts make them: some at the ends, some in one gap, some anywhere. */
function grow(amount: number): string[] {
  const keys: string[] = [];
  for (let i = 0; i < amount; i += 1) {
    const dice = Math.random();
    const at = dice < 0.2 ? 0 : dice < 0.4 ? keys.length : dice < 0.7 ? Math.floor(keys.length / 2) : Math.floor(Math.random() * (keys.length + 1));
    keys.splice(at, 0, generateKeyBetween(keys[at - 1] ?? null, keys[at] ?? null));
  }
  return keys;
}

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** The ends of the scheme, and where the integer part gets longer or shorter. */
const smallest = `A${'0'.repeat(26)}`;
const second = `A${'0'.repeat(25)}1`;
const edges = ['a0', 'az', 'b00', 'Zz', 'Z0', 'Yzz', 'Y00', 'Xzzz', 'bzz', 'c000', 'a0V', 'a0zzz', second, `${smallest}V`, `z${'z'.repeat(26)}`].sort();

it('computes the same keys as the npm package, at the edges of the scheme and between random neighbours', async () => {
  const keys = [...grow(2_000)].sort((a, b) => (a < b ? -1 : 1));
  const neighbours = keys.map((key, i): [Key, Key] => [key, keys[i + 1] ?? null]);
  const strangers = keys.flatMap((key): [Key, Key][] => {
    const other = keys[Math.floor(Math.random() * keys.length)] ?? null;
    return other !== null && key < other ? [[key, other]] : [];
  });
  const both = edges.flatMap((a, i) => edges.slice(i + 1).map((b): [Key, Key] => [a, b]));
  const pairs: [Key, Key][] = [
    [null, null],
    ...keys.map((key): [Key, Key] => [null, key]),
    ...neighbours,
    ...strangers,
    ...edges.map((a): [Key, Key] => [a, null]),
    ...both,
  ];
  const made = await between(pairs);
  expect(made).toEqual(pairs.map(([a, b]) => generateKeyBetween(a, b)));
  for (const [i, [a, b]] of pairs.entries()) {
    const key = made[i] ?? '';
    expect((a ?? '') < key && (b === null || key < b)).toBe(true);
  }
});

it('gives a new entry the key that the npm package makes after the last one', async () => {
  const owner = await addOwner(own);
  const add = (position: Key) =>
    `insert into tasks (user_id, id, title, position) values ('${owner}', gen_random_uuid(), '-', ${quoted(position)}) returning position`;
  const lasts = [...edges.filter((key) => /^[B-Za-y]/.test(key)), ...grow(100), ...[...digits].flatMap((digit) => [`a${digit}`, `b0${digit}`])];
  for (const last of lasts) {
    await column(`delete from tasks where user_id = '${owner}' returning id`);
    await column(add(last));
    expect(await column(add(null))).toEqual([generateKeyBetween(last, null)]);
  }
});

it('makes a valid key before the first one of the scheme, where the npm package makes none', async () => {
  const [key = ''] = await between([[null, second]]);
  expect(smallest < key && key < second).toBe(true);
  expect(generateKeyBetween(key, second) > key).toBe(true);
});

it('has no key between equal keys or against their order', async () => {
  expect(await column(`select coalesce(position_between('a1', 'a1'), position_between('a2', 'a1'), 'none')`)).toEqual(['none']);
});

describe('many keys at once', () => {
  it.each([
    [null, null],
    ['a0', null],
    [null, 'a0'],
    ['a0', 'a1'],
    ['Zz', 'a0V'],
    [`a0${'z'.repeat(190)}V`, 'a1'],
    ['a0', `a0${'0'.repeat(150)}V`],
  ])('between %s and %s are in order and short', async (a, b) => {
    const keys = await column(`select unnest(positions_between(${quoted(a)}, ${quoted(b)}, 500))`);
    expect(keys).toHaveLength(500);
    expect(keys).toEqual([...new Set(keys)].sort());
    for (const [i, key] of keys.entries()) expect(generateKeyBetween(key, keys[i + 1] ?? b)).toBeTypeOf('string');
    expect(keys.every((key) => (a ?? '') < key && (b === null || key < b) && key.length <= POSITION_MAX_BYTES)).toBe(true);
  });

  it('do not exist if one of them would be too long', async () => {
    expect(await column(`select coalesce(positions_between('a0${'z'.repeat(197)}V', 'a0${'z'.repeat(198)}', 100)::text, 'none')`)).toEqual(['none']);
  });
});

/** What positions_around does to the neighbours of a gap. */
async function around(lefts: string[], rights: string[], amount: number) {
  const [moved = '', ...keys] = await column(
    `with plan as (select * from positions_around(${array(lefts)}, ${array(rights)}, ${amount})) select moved::text from plan union all select unnest(keys) from plan`,
  );
  const onLeft = Number(moved);
  const onRight = keys.length - amount - onLeft;
  const all = [...lefts.slice(onLeft).reverse(), ...keys, ...rights.slice(onRight)];
  expect(all).toEqual([...all].sort());
  expect(new Set(keys).size).toBe(keys.length);
  return { onLeft, onRight, keys, low: lefts[onLeft], high: rights[onRight] };
}

describe('a gap without room', () => {
  it.each([
    [2, 8, { onLeft: 2, onRight: 0 }],
    [8, 3, { onLeft: 0, onRight: 3 }],
    [1, 5_000, { onLeft: 1, onRight: 0 }],
  ])('between %i and %i tied entries gives the fewer of them new keys', async (left, right, expected) => {
    const lefts = [...Array.from({ length: left }, () => 'a0'), 'Zz'];
    const rights = [...Array.from({ length: right }, () => 'a0'), 'a3'];
    const found = await around(lefts, rights, 3);
    expect(found).toMatchObject(expected);
    expect(found.keys.every((key) => (found.low ?? '') < key && (found.high === undefined || key < found.high))).toBe(true);
  });

  it('gives all new keys if all are tied and the gap is the only one', async () => {
    expect(await around(['a0', 'a0'], ['a0', 'a0'], 1)).toMatchObject({ onLeft: 0, onRight: 2 });
    expect(await around([], ['a0', 'a0'], 1)).toMatchObject({ onLeft: 0, onRight: 0 });
  });
});

/** Inserts entries one after another, as moves do: before the entry `$before`, or else after `$after`. Leaves the figures in a setting. */
const insertMany = (amount: number, { after = '(select id from entries order by key desc limit 1)', before = 'null' }) => `
  create temporary table entries (id integer primary key, key text collate "C");
  create index on entries (key);
  insert into entries values (-1, 'a0'), (0, 'a1');
  do $$
  declare
    low text;
    high text;
    plan record;
    ids integer[];
    longest integer := 0;
    renumbered integer := 0;
    times integer := 0;
  begin
    for i in 1 .. ${amount} loop
      select e.key into high from entries e where e.id = ${before};
      if found then
        low := (select e.key from entries e where e.key < high order by 1 desc limit 1);
      else
        select e.key into low from entries e where e.id = ${after};
        high := (select e.key from entries e where e.key > low order by 1 limit 1);
      end if;
      select 0 as moved, positions_between(low, high, 1) as keys into plan;
      ids := array[i];
      if plan.keys is null then
        select * into plan from positions_around(array(select e.key from entries e where e.key <= low order by 1 desc), array(select e.key from entries e where e.key >= high order by 1), 1);
        ids := array(select e.id from (select * from entries e where e.key <= low order by e.key desc limit plan.moved) e order by e.key) || i
          || array(select e.id from entries e where e.key >= high order by e.key limit cardinality(plan.keys) - 1 - plan.moved);
        renumbered := renumbered + cardinality(plan.keys) - 1;
        times := times + 1;
      end if;
      insert into entries select * from unnest(ids, plan.keys) on conflict (id) do update set key = excluded.key;
      longest := greatest(longest, (select max(length(k)) from unnest(plan.keys) k));
    end loop;
    perform set_config('app.found', concat_ws(' ', longest, renumbered, times, (select count(*) from entries), (select count(distinct e.key) from entries e)), false);
  end $$`;

const places = {
  'the front': { before: '(select id from entries order by key limit 1)' },
  'the end': {},
  'one gap, each before the same entry': { before: '0' },
  'one gap, each after the same entry': { after: '-1' },
};

it.each(Object.entries(places))('10,000 inserts at %s leave different keys that do not grow beyond their limit', async (_, place) => {
  const [[found = ''] = []] = await useConnection(own.superuserUrl, async (connection) => {
    await connection.send([{ text: insertMany(10_000, place) }]);
    return texts(connection, `select current_setting('app.found')`, []);
  });
  const [longest, renumbered, times, count, different] = found.split(' ').map(Number);
  expect([count, different]).toEqual([10_002, 10_002]);
  expect(longest).toBeLessThanOrEqual(POSITION_MAX_BYTES);
  expect(renumbered).toBeLessThan(100);
  expect(times).toBeLessThan(100);
});
