import { readFileSync, writeFileSync } from 'node:fs';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFolder, createPopulated } from '../testing/backups.ts';
import { createEmptyDatabase, inspect, type TestDatabase } from '../testing/database.ts';
import { type Part, pack, unpack } from '../testing/parts.ts';
import { backup } from './backup.ts';
import { Tally } from './contents.ts';
import { readEntries } from './reading.ts';
import { restore } from './restore.ts';
import { verifyBackup } from './verify.ts';

const folder = createFolder();
let live: TestDatabase;
let empty: TestDatabase;
let whole: Buffer;
let parts: Part[];

beforeAll(async () => {
  [live, empty] = [await createPopulated(), await createEmptyDatabase()];
  await backup(live.ownerUrl, folder.file('whole'));
  whole = readFileSync(folder.file('whole'));
  parts = await unpack(whole);
});
afterAll(async () => {
  folder[Symbol.dispose]();
  await live[Symbol.asyncDispose]();
  await empty[Symbol.asyncDispose]();
});

/** The result of reading a file with these bytes. */
async function outcome(bytes: Buffer): Promise<string> {
  writeFileSync(folder.file('bent'), bytes);
  return verifyBackup(folder.file('bent')).then(
    () => 'whole',
    (error) => (error.name === 'BackupError' ? error.reason : String(error)),
  );
}

async function read(path: string): Promise<Part[]> {
  const list: Part[] = [];
  for await (const { name, bytes } of readEntries(path)) list.push({ name, bytes: Buffer.from(bytes) });
  return list;
}

const below = (end: number) => Math.floor(Math.random() * end);

const bend = async (change: (list: Part[]) => Part[]) => outcome(await pack(change(parts.map((part) => ({ ...part })))));
const note = (name: string, change: (json: { format: number; tables: Record<string, unknown>[] }) => void) => (list: Part[]) =>
  list.map((part) => {
    if (part.name !== name) return part;
    const json = JSON.parse(part.bytes.toString());
    change(json);
    return { ...part, bytes: Buffer.from(JSON.stringify(json)) };
  });
/** Makes the checksums in the manifest match the changed rows. */
const resummed = (list: Part[]) =>
  note('manifest.json', ({ tables }) => {
    for (const table of Object.keys(tables)) {
      const tally = new Tally();
      for (const { bytes } of list.filter(({ name, type }) => name.startsWith(`${table}/`) && !type)) tally.add(bytes);
      Object.assign(tables, { [table]: tally.sum() });
    }
  })(list);
const replaced = (by: Partial<Part>) => (list: Part[]) => resummed(list.map((part) => (part.name === 'tasks/000001' ? { ...part, ...by } : part)));
const at = (list: Part[], name: string) => list.findIndex((part) => part.name === name);
const swapped = (one: string, other: string) => (list: Part[]) => {
  const [i, j] = [at(list, one), at(list, other)];
  return list.map((part, k) => list[k === i ? j : k === j ? i : k] ?? part);
};
const named = (name: string, to: string) => (list: Part[]) => list.map((part) => (part.name === name ? { ...part, name: to } : part));

it('a backup that nobody has touched is whole, also when it is packed and summed up anew', async () => {
  expect(await bend(resummed)).toBe('whole');
  expect(await outcome(whole)).toBe('whole');
  expect(await bend((list) => list)).toBe('whole');
});

it('one that is cut off anywhere is never taken for whole', async () => {
  const lengths = [
    ...Array(40).keys(),
    ...Array.from({ length: 60 }, (_, i) => Math.floor((whole.length * i) / 60)),
    ...Array.from({ length: 20 }, (_, i) => whole.length - 1 - i),
  ];
  for (const length of lengths) expect(await outcome(whole.subarray(0, length)), `${length} bytes`).toMatch(/^(DAMAGED|NOT_A_BACKUP)$/);
});

it('a bit that has flipped is found, unless what is read is the same to the last byte', async () => {
  const offsets = [
    ...Array(24).keys(),
    ...Array.from({ length: 150 }, () => below(whole.length)),
    ...Array.from({ length: 24 }, (_, i) => whole.length - 1 - i),
  ];
  let found = 0;
  for (const offset of offsets) {
    const bit = below(8);
    const bent = Buffer.from(whole);
    bent[offset] = (bent[offset] ?? 0) ^ (1 << bit);
    const what = `bit ${bit} of byte ${offset}`;
    if ((await outcome(bent)) === 'whole') expect(await read(folder.file('bent')), what).toEqual(await read(folder.file('whole')));
    else found += 1;
  }
  expect(found).toBeGreaterThan(0.9 * offsets.length);
});

it('one that goes on behind its end is refused', async () => {
  expect(await outcome(Buffer.concat([whole, Buffer.from('more')]))).toBe('DAMAGED');
  expect(await outcome(Buffer.concat([whole, whole]))).toBe('DAMAGED');
  expect(await outcome(Buffer.concat([whole, Buffer.alloc(100_000)]))).toBe('DAMAGED');
  expect(await bend((list) => [...list, { name: 'tasks/000002', bytes: Buffer.from('x\n') }])).toBe('DAMAGED');
  expect(await bend((list) => [...list, ...list])).toBe('DAMAGED');
  const archive = zstdDecompressSync(whole);
  expect(await outcome(zstdCompressSync(Buffer.concat([archive, Buffer.alloc(10_240)])))).toBe('DAMAGED');
});

describe('refused is one', () => {
  const tasks = 'tasks/000001';
  it.each<[string, (list: Part[]) => Part[]]>([
    ['without its first notes', (list) => list.slice(1)],
    ['without its last notes', (list) => list.slice(0, -1)],
    ['without a table', (list) => list.filter(({ name }) => name !== tasks)],
    ['with a table twice', (list) => list.flatMap((part) => (part.name === tasks ? [part, part] : [part]))],
    ['with a table twice, numbered on', (list) => list.flatMap((part) => (part.name === tasks ? [part, { ...part, name: 'tasks/000002' }] : [part]))],
    ['with two tables in each other’s place', swapped(tasks, 'user/000001')],
    ['with two tables under each other’s name', (list) => swapped(tasks, 'user/000001')(list).map((part, i) => ({ ...part, name: parts[i]?.name ?? '' }))],
    ['with its notes in the middle', swapped('backup.json', tasks)],
    ['with a table that nobody knows', (list) => [...list.slice(0, 2), { name: 'strangers/000001', bytes: Buffer.from('x\n') }, ...list.slice(2)]],
    ['with a path that climbs', named(tasks, '../../tasks/000001')],
    ['with an absolute path', named(tasks, '/tasks/000001')],
    ['with a path beside the right one', named(tasks, './tasks/000001')],
    ['with a link in place of rows', replaced({ type: 'symlink' })],
    ['with a folder among its parts', (list) => [...list.slice(0, 2), { name: 'tasks', bytes: Buffer.alloc(0), type: 'directory' }, ...list.slice(2)]],
    [
      'with a row changed',
      (list) => list.map((part) => (part.name === tasks ? { ...part, bytes: Buffer.from(part.bytes.toString().replace('Task', 'Tusk')) } : part)),
    ],
    ['with half a row at the end', (list) => replaced({ bytes: parts[at(list, tasks)]?.bytes.subarray(0, -1) ?? Buffer.alloc(0) })(list)],
    ['with rows that are none', replaced({ bytes: Buffer.alloc(0) })],
    ['with a piece larger than any', replaced({ bytes: Buffer.alloc(9_000_000, '\n') })],
    ['with notes larger than any', (list) => list.map((part) => (part.name === 'backup.json' ? { ...part, bytes: Buffer.alloc(2_000_000, ' ') } : part))],
    ['with notes that are no JSON', (list) => list.map((part) => (part.name === 'backup.json' ? { ...part, bytes: Buffer.from('{') } : part))],
    ['with notes that are no text', (list) => list.map((part) => (part.name === 'backup.json' ? { ...part, bytes: Buffer.from([0xff]) } : part))],
    ['with one table named twice', note('backup.json', ({ tables }) => tables.push({ ...tables[0] }))],
    ['with a table whose name is none', note('backup.json', ({ tables }) => Object.assign(tables[0] ?? {}, { name: 'user"; drop schema public cascade; --' }))],
    ['with a column whose name is none', note('backup.json', ({ tables }) => Object.assign(tables[0] ?? {}, { columns: ['id") from stdin; --'] }))],
    ['with something in its notes that nobody knows', note('backup.json', (json) => Object.assign(json, { more: 1 }))],
    ['with its last notes twice', (list) => [...list, ...list.slice(-1)]],
    ['with sums of more tables than it holds', note('manifest.json', ({ tables }) => Object.assign(tables, { strangers: Object.values(tables)[0] }))],
    ['with sums of nothing in its last notes', note('manifest.json', (json) => Object.assign(json, { tables: {} }))],
    ['of a format from before there were any', note('backup.json', (json) => Object.assign(json, { format: 0 }))],
  ])('%s', async (_, change) => {
    expect(await bend(change)).toBe('DAMAGED');
  });

  it('of a newer format', async () => {
    expect(await bend(note('backup.json', (json) => Object.assign(json, { format: 2, anything: 'else' })))).toBe('NEWER_VERSION');
  });

  it('that is something else altogether', async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from('PK\u0003\u0004'), Buffer.from('select 1;'), zstdDecompressSync(whole)])
      expect(await outcome(bytes)).toBe('NOT_A_BACKUP');
    expect(await outcome(zstdCompressSync(Buffer.from('hello')))).toBe('DAMAGED');
  });

  it('that unpacks to far more than it is, before it is unpacked', async () => {
    const bomb = zstdCompressSync(Buffer.alloc(500_000_000));
    expect(bomb.length).toBeLessThan(100_000);
    writeFileSync(folder.file('bent'), bomb);
    await expect(verifyBackup(folder.file('bent'))).rejects.toThrow('its compression ratio is too high');
  });
});

it('a refused file changes nothing, also where it may replace what is there', async () => {
  const before = await inspect(live.superuserUrl, 'select * from tasks order by user_id, id');
  const name = new URL(live.ownerUrl).pathname.slice(1);
  writeFileSync(folder.file('bent'), whole.subarray(0, -10));
  await expect(restore(live.ownerUrl, live.appUrl, folder.file('bent'), { replace: name })).rejects.toMatchObject({ reason: 'DAMAGED' });
  expect(await inspect(live.superuserUrl, 'select * from tasks order by user_id, id')).toEqual(before);
  await expect(restore(empty.ownerUrl, empty.appUrl, folder.file('bent'))).rejects.toMatchObject({ reason: 'DAMAGED' });
  expect(await inspect(empty.superuserUrl, `select relname from pg_class where relnamespace = 'public'::regnamespace`)).toEqual([]);
});
