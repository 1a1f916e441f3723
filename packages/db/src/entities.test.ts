import { randomUUID } from 'node:crypto';
import { columnOf, type EntityName, entities, entityNames, type Field } from '@todo/contract';
import { getTableColumns, getTableName, SQL } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tables } from './tables.ts';
import { createTestDatabase, inspect, type TestDatabase } from './testing/database.ts';

let database: TestDatabase;
const userId = randomUUID();
beforeAll(async () => {
  database = await createTestDatabase();
  await inspect(database.superuserUrl, `insert into "user" values ('${userId}', 'Ada', 'ada@example.com', true, null, now(), now())`);
});
afterAll(() => database[Symbol.asyncDispose]());

const types = { text: 'text', timestamp: 'timestamp(3) with time zone', date: 'date', uuid: 'uuid', texts: 'text[]', integers: 'integer[]' };
const fieldsOf = (name: EntityName): [string, Field][] => Object.entries(entities[name].fields);

/** The columns that the role may write in such a statement. */
async function granted(table: string, privilege: 'INSERT' | 'UPDATE'): Promise<unknown[]> {
  const rows = await inspect(
    database.superuserUrl,
    `select column_name as name from information_schema.column_privileges
     where table_name = '${table}' and grantee = 'todo_user' and privilege_type = '${privilege}'`,
  );
  return rows.map((row) => Object(row).name).sort();
}

it('every declared entity is named in the order of references', () => {
  expect([...entityNames].sort()).toEqual(Object.keys(entities).sort());
});

describe.each(entityNames)('the table of each %s', (name) => {
  const { table, added, fieldNames, editableNames, required } = tables[name];
  const { table: tableName } = entities[name];
  const fields = fieldsOf(name);
  const columns = new Map(Object.entries(getTableColumns(table)));

  it('is the one that the contract names', () => {
    expect(getTableName(table)).toBe(tableName);
  });

  it('has the fields of the contract beside what every entity has and what is worked out, and no other column', () => {
    const common = ['userId', 'id', 'createdAt', 'updatedAt', 'version'];
    const derived = fields.some(([, { searched }]) => searched) ? ['search'] : [];
    expect([...columns.keys()].sort()).toEqual([...common, ...fieldNames, ...derived].sort());
    expect(Object.keys(getTableColumns(added))).toEqual(['userId', 'id', ...fieldNames]);
  });

  it.each(fields)('holds %s as the contract says', (field, rule) => {
    const column = columns.get(field);
    const value = column?.default instanceof SQL ? new PgDialect().sqlToQuery(column.default).sql : column?.default;
    expect(column).toMatchObject({ name: columnOf(field), notNull: !rule.nullable });
    expect(String(value).replace(/::.*/, '')).toBe(Array.isArray(rule.default) ? "'{}'" : String(rule.default));
    expect(column?.getSQLType()).toBe(types[rule.type]);
  });

  it('lets its owner write the fields of the contract, and the id once', async () => {
    const written = fieldNames.map(columnOf);
    expect(await granted(tableName, 'UPDATE')).toEqual([...written].sort());
    expect(await granted(tableName, 'INSERT')).toEqual(['user_id', 'id', ...written].sort());
    expect(fieldNames).toEqual(expect.arrayContaining(editableNames));
  });

  const limited = fields.flatMap(([field, { type, maxCodePoints }]) =>
    type === 'text' && maxCodePoints !== undefined ? [[field, maxCodePoints] as const] : [],
  );
  it.each(limited)('takes a %s of %i characters and no longer one', async (limitedName, max) => {
    const insert = (length: number) => {
      const values = fieldNames.map((each) => (each === limitedName ? `repeat('🧀', ${length})` : each === required ? `'Text'` : 'default'));
      const into = `insert into ${tableName} (user_id, id, ${fieldNames.map(columnOf)})`;
      return inspect(database.superuserUrl, `${into} values ('${userId}', '${randomUUID()}', ${values})`);
    };
    await insert(max);
    await expect(insert(max + 1)).rejects.toThrow(`${tableName}_${columnOf(limitedName)}_length`);
  });
});
