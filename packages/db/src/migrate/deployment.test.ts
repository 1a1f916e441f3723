import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../database.ts';
import { tasks, user } from '../schema.ts';
import { addOwner, inspect, startOwnPostgres } from '../testing/database.ts';
import { assertSchema, migrate } from './assert-schema.ts';
import { declared } from './catalog.ts';

/** A server without our roles, unless the login may not create them, and a database `solo` with a login that owns it. */
async function startForeignServer(attributes: string) {
  const server = await startOwnPostgres();
  const url = new URL(server.superuserUrl);
  await inspect(server.superuserUrl, `create role solo login ${attributes} password '${url.password}'`);
  await inspect(server.superuserUrl, 'create database solo owner solo');
  if (attributes.includes('nocreaterole')) {
    for (const role of declared.roles) await inspect(server.superuserUrl, `create role ${role} nologin noinherit`);
    await inspect(server.superuserUrl, `grant ${declared.roles.join(', ')} to solo with admin option`);
  }
  const own = new URL(url);
  [own.username, own.pathname, url.pathname] = ['solo', 'solo', 'solo'];
  return { ...server, url: own.href, superuserUrl: url.href };
}

describe.each(['nosuperuser createrole', 'nosuperuser nocreaterole', 'nosuperuser createrole bypassrls', 'superuser'])(
  'one login for everything, %s,',
  (attributes) => {
    let server: Awaited<ReturnType<typeof startForeignServer>>;
    beforeAll(async () => {
      server = await startForeignServer(attributes);
      await migrate(server.url, server.url);
    });
    afterAll(() => server[Symbol.asyncDispose]());

    it('is enough to migrate, to migrate again and to start', async () => {
      await migrate(server.url, server.url);
      await assertSchema(server.url);
    });

    it('gives each owner their own rows and no others, whatever the login may do elsewhere', async () => {
      const [ada, ben] = [await addOwner(server, 2), await addOwner(server, 3)];
      const database = openDatabase(server.url);
      try {
        const asAda = database.as(ada).builder();
        expect(await asAda.execute(sql`select current_user as role, row_security_active('tasks') as bound`)).toEqual([{ role: 'todo_user', bound: true }]);
        expect(await asAda.$count(tasks)).toBe(2);
        expect(await asAda.update(tasks).set({ title: 'Changed' }).returning({ id: tasks.id })).toHaveLength(2);
        await expect(asAda.execute(sql`select from session`)).rejects.toMatchObject({ cause: { code: '42501' } });
        await expect(database.identity.execute(sql`select from tasks`)).rejects.toThrow();
        await database.identity.delete(user).where(eq(user.id, ada));
        expect(await asAda.$count(tasks)).toBe(0);
        expect(await database.as(ben).builder().$count(tasks)).toBe(3);
      } finally {
        await database.close();
      }
    });
  },
);
