import { randomUUID } from 'node:crypto';
import { columnOf, entities } from '@todo/contract';
import { getTableColumns, getTableName, SQL } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { editableNames, fieldNames } from './entities.ts';
import { newTasks, tasks } from './schema/tasks.ts';
import { createTestDatabase, inspect, type TestDatabase } from './testing/database.ts';

let database: TestDatabase;
const userId = randomUUID();
beforeAll(async () => {
  database = await createTestDatabase();
  await inspect(database.superuserUrl, `insert into "user" values ('${userId}', 'Ada', 'ada@example.com', true, null, now(), now())`);
});
afterAll(() => database[Symbol.asyncDispose]());

const { task } = entities;
const columns = new Map(Object.entries(getTableColumns(tasks)));
const types = { text: 'text', timestamp: 'timestamp(3) with time zone', date: 'date', texts: 'text[]', integers: 'integer[]' };

/** The columns that the role may write in such a statement. */
async function granted(privilege: 'INSERT' | 'UPDATE'): Promise<unknown[]> {
  const rows = await inspect(
    database.superuserUrl,
    `select column_name as name from information_schema.column_privileges
     where table_name = '${task.table}' and grantee = 'todo_user' and privilege_type = '${privilege}'`,
  );
  return rows.map((row) => Object(row).name).sort();
}

describe('the table of tasks', () => {
  it('is the one that the contract names', () => {
    expect(getTableName(tasks)).toBe(task.table);
  });

  it('has the fields of the contract beside what every entity has and what is worked out, and no other column', () => {
    const common = ['userId', 'id', 'createdAt', 'updatedAt', 'version'];
    expect([...columns.keys()].sort()).toEqual([...common, ...fieldNames, 'search'].sort());
    expect(Object.keys(getTableColumns(newTasks))).toEqual(['userId', 'id', ...fieldNames]);
  });

  it.each(Object.entries(task.fields))('holds %s as the contract says', (name, field) => {
    const column = columns.get(name);
    const fallback = 'default' in field ? field.default : undefined;
    const value = column?.default instanceof SQL ? new PgDialect().sqlToQuery(column.default).sql : column?.default;
    expect(column).toMatchObject({ name: columnOf(name), notNull: !field.nullable });
    expect(String(value).replace(/::.*/, '')).toBe(Array.isArray(fallback) ? "'{}'" : String(fallback));
    expect(column?.getSQLType()).toBe(types[field.type]);
  });

  it('lets its owner write the fields of the contract, and the id once', async () => {
    const written = fieldNames.map(columnOf);
    expect(await granted('UPDATE')).toEqual([...written].sort());
    expect(await granted('INSERT')).toEqual(['user_id', 'id', ...written].sort());
    expect(fieldNames).toEqual(expect.arrayContaining(editableNames));
  });

  const limited = Object.entries(task.fields).flatMap(([name, field]) =>
    field.type === 'text' && field.maxCodePoints !== undefined ? [[name, field.maxCodePoints] as const] : [],
  );
  it.each(limited)('takes a %s of %i characters and no longer one', async (name, max) => {
    const insert = (length: number) => {
      const values = fieldNames.map((each) => (each === name ? `repeat('🧀', ${length})` : each === 'title' ? `'Title'` : 'default'));
      const into = `insert into tasks (user_id, id, ${fieldNames.map(columnOf)})`;
      return inspect(database.superuserUrl, `${into} values ('${userId}', '${randomUUID()}', ${values})`);
    };
    await insert(max);
    await expect(insert(max + 1)).rejects.toThrow(`tasks_${columnOf(name)}_length`);
  });
});
