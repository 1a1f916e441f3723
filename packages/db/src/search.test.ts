import { randomUUID } from 'node:crypto';
import { and, eq, sql } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import { describe, expect, it } from 'vitest';
import { backup } from './backup/backup.ts';
import { restore } from './backup/restore.ts';
import { withConnection } from './migrate/migrate.ts';
import { newTasks, tasks } from './schema/tasks.ts';
import { containsWords, folded } from './search.ts';
import { createFolder } from './testing/backups.ts';
import { addOwner, createEmptyDatabase, createTestDatabase, explain, inspect, script } from './testing/database.ts';
import { cases } from './testing/search.ts';

const rows = Object.entries(cases).flatMap(([kind, list]) => list.map(([stored, question, isFound]) => ({ kind, stored, question, isFound })));
const { sql: text } = new PgDialect().sqlToQuery(
  sql`with it as (select ${'stored'}::text as stored) select ${containsWords(folded(sql`stored`), sql`${'question'}`)} from it`,
);

async function answers(url: string) {
  const asked = rows.map(({ stored, question }) => ({ text, prepared: { params: [stored, question], rows: 'arrays' as const } }));
  const found = await withConnection(url, (connection) => connection.send(asked));
  return rows.map((row, i) => ({ ...row, isFound: found[i]?.flat()[0] }));
}

const versionOf = async (url: string) => Number((await inspect(url, `select current_setting('server_version_num') as version`))[0]?.version);

describe('search', () => {
  const providers = [
    ['C', `locale_provider libc locale 'C'`, 150000],
    ['ICU, of no language', `locale_provider icu icu_locale 'und' locale 'C'`, 150000],
    ['ICU, Turkish', `locale_provider icu icu_locale 'tr-TR' locale 'C'`, 150000],
    ['ICU, that calls letters of any case equal', `locale_provider icu icu_locale 'und-u-ks-level2' locale 'C'`, 150000],
    ['builtin', `locale_provider builtin builtin_locale 'C.UTF-8' locale 'C'`, 170000],
  ] as const;

  it.for(providers)('finds the same whatever the collation of the database: %s', async ([_, locale, since], { skip }) => {
    await using server = await createEmptyDatabase();
    skip((await versionOf(server.superuserUrl)) < since, 'this version of PostgreSQL has no such provider');
    const name = `search_${randomUUID().replaceAll('-', '')}`;
    await script(server.superuserUrl, `create database ${name} template template0 encoding 'UTF8' ${locale}`);
    try {
      expect(await answers(server.superuserUrl.replace(/[^/]+$/, name))).toEqual(rows);
    } finally {
      await script(server.superuserUrl, `drop database ${name} with (force)`);
    }
  });

  it('ignores every character that Unicode calls a format, control or default-ignorable one, unless it is white space', async () => {
    await using database = await createEmptyDatabase();
    const all = Array.from({ length: 0x10ffff }, (_, i) => i + 1).filter((point) => point < 0xd800 || point > 0xdfff);
    const unseen = all.map((point) => String.fromCodePoint(point)).filter((it) => /[\p{Cf}\p{Cc}\p{Default_Ignorable_Code_Point}]/u.test(it) && !/\s/.test(it));
    unseen.splice(unseen.indexOf('\u0085'), 1);
    const { sql: text } = new PgDialect().sqlToQuery(sql`select ${folded(sql`stored`)} from (select ${''}::text as stored) it`);
    const params = [`a${unseen.join('')}b`];
    const [found] = await withConnection(database.superuserUrl, (connection) => connection.send([{ text, prepared: { params, rows: 'arrays' } }]));
    expect(found?.flat()).toEqual(['ab']);
    expect(unseen.length).toBeGreaterThan(4_000);
  });
});

describe('the text that search compares', () => {
  it('holds title and description of a task, and follows both', async () => {
    await using own = await createTestDatabase();
    const owner = await addOwner(own);
    const database = own.open().as(owner).builder();
    const find = async (question: string) =>
      (
        await database
          .select({ title: tasks.title, version: tasks.version })
          .from(tasks)
          .where(and(eq(tasks.userId, owner), containsWords(tasks.search, sql`${question}`)))
      ).flatMap(({ title, version }) => [title, version]);

    await database.insert(newTasks).values({ userId: owner, id: randomUUID(), title: 'Straße', description: 'Nach ΟΔΟΣ fragen' });
    expect(await find('οδός STRASSE')).toEqual(['Straße', 1]);
    expect(await find('straßenach')).toEqual([]);
    await database.update(tasks).set({ description: 'İstanbul' });
    expect(await find('οδός')).toEqual([]);
    expect(await find('istanbul strasse')).toEqual(['Straße', 2]);
    await database.update(tasks).set({ title: 'Weg' });
    expect(await find('istanbul weg')).toEqual(['Weg', 3]);
    await database.update(tasks).set({ title: 'Weg' });
    expect(await find('weg')).toEqual(['Weg', 3]);
  });

  it('is there again after a restore', async () => {
    await using own = await createTestDatabase();
    await using other = await createEmptyDatabase();
    using folder = createFolder();
    await addOwner(own, 3);
    const file = folder.file('search.backup');
    await backup(own.ownerUrl, file);
    await restore(other.ownerUrl, other.appUrl, file);
    expect((await inspect(other.superuserUrl, 'select search from tasks order by search')).map(({ search }) => search)).toEqual([
      'task 1 ',
      'task 2 ',
      'task 3 ',
    ]);
  });

  it('cannot be chosen, even by who may write every column', async () => {
    await using own = await createTestDatabase();
    const owner = await addOwner(own, 1);
    await script(own.superuserUrl, `update tasks set search = 'forged'`);
    await script(own.superuserUrl, `insert into tasks (user_id, id, title, search) values ('${owner}', gen_random_uuid(), 'Task 2', 'forged')`);
    expect((await inspect(own.superuserUrl, 'select search from tasks order by search')).map(({ search }) => search)).toEqual(['task 1 ', 'task 2 ']);
  });

  it.each(['custom', 'generic'] as const)('of a word that every task has, a page is read and not the list (%s plan)', async (mode) => {
    await using own = await createTestDatabase();
    const owner = await addOwner(own, 2_000);
    await script(own.superuserUrl, 'analyze');
    const asked = sql`select id from ${tasks} where user_id = ${owner} and ${containsWords(sql`search`, sql`${'TASK'}`)} order by created_at, id limit 20`;
    const { sql: text } = new PgDialect().sqlToQuery(asked);
    const { indexes, steps } = await explain(own.appUrl, owner, { text, values: [owner, 'TASK'] }, mode);
    expect(indexes).toEqual(['tasks_newest_idx']);
    expect(steps).not.toContain('Sort');
  });
});
