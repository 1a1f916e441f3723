import { TodoError } from '@todo/client';
import { beforeEach, expect, it, vi } from 'vitest';
import { arrive, isLeaving, leave } from './leaving.ts';

beforeEach(() => {
  const all = new Map<string, string>();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => all.get(key) ?? null,
    setItem: (key: string, value: string) => all.set(key, value),
    removeItem: (key: string) => all.delete(key),
  });
});

/** A sign-out that answers so, one time after the other. */
const answering = (...reasons: (TodoError['reason'] | null)[]) => {
  const signOut = async () => {
    const reason = reasons.shift();
    if (reason) throw new TodoError(reason, 'Refused.');
  };
  return { reasons, signOut };
};

it('a sign-out that does not reach the server is repeated until it does', async () => {
  const client = answering('SERVER_UNREACHABLE', 'OVERLOADED', null, 'INTERNAL');
  const left = leave(client, 1);
  expect(isLeaving()).toBe(true);
  await left;
  expect([isLeaving(), client.reasons]).toEqual([false, ['INTERNAL']]);
});

it('it is over when the session has ended, or somebody has signed in', async () => {
  await leave(answering('UNAUTHENTICATED'), 1);
  expect(isLeaving()).toBe(false);
  const client = answering('SERVER_UNREACHABLE', null);
  const left = leave(client, 20);
  arrive();
  await left;
  expect(client.reasons).toEqual([null]);
});
