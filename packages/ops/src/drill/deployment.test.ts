import { backup } from '@todo/db/backup/backup';
import { restore } from '@todo/db/backup/restore';
import { assertSchema, migrate } from '@todo/db/migrate/assert-schema';
import { inspect, startOwnPostgres } from '@todo/db/testing';
import { contentsOf, createFolder, populate } from '@todo/db/testing/backups';
import { expect, it } from 'vitest';

const roles = ['todo_user', 'todo_identity', 'todo_watcher', 'todo_backup', 'todo_log'];

/** A server with a login `solo` that owns two empty databases, after an administrator's preparations. */
async function startForeignServer(attributes: string, before: string[]) {
  const server = await startOwnPostgres();
  const { password } = new URL(server.superuserUrl);
  for (const text of [
    `create role solo login ${attributes} password '${password}'`,
    'create database one owner solo',
    'create database two owner solo',
    ...before,
  ]) {
    await inspect(server.superuserUrl, text);
  }
  const named = (name: string) => {
    const [own, all] = [new URL(server.superuserUrl), new URL(server.superuserUrl)];
    [own.username, own.pathname, all.pathname] = ['solo', name, name];
    return { ownerUrl: own.href, appUrl: own.href, superuserUrl: all.href };
  };
  return { one: named('one'), two: named('two'), [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

it.each([
  ['that may make roles, as managed services give it', 'nosuperuser createrole', []],
  ['that also passes over row security', 'nosuperuser createrole bypassrls', []],
  ['that is a superuser', 'superuser', []],
  [
    'for whom an administrator has made the roles',
    'nosuperuser nocreaterole',
    [...roles.map((role) => `create role ${role} nologin noinherit`), `grant ${roles.join(', ')} to solo with admin option`],
  ],
])('one login %s is enough to back up and to restore', async (_, attributes, before) => {
  await using server = await startForeignServer(attributes, before);
  const { one, two } = server;
  using folder = createFolder();
  await migrate(one.ownerUrl, one.appUrl);
  await populate(one);
  const { manifest } = await backup(one.ownerUrl, folder.file('one'));
  await restore(two.ownerUrl, two.appUrl, folder.file('one'));
  expect(await contentsOf(two)).toEqual(manifest);
  await restore(one.ownerUrl, one.appUrl, folder.file('one'), { replace: 'one' });
  expect(await contentsOf(one)).toEqual(manifest);
  await assertSchema(one.appUrl);
});
