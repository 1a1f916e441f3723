import { randomUUID } from 'node:crypto';
import { script } from '@todo/db/testing';
import fc from 'fast-check';
import { z } from 'zod';
import type { Answer, Attack } from './http/send.ts';
import { type HandleField, handleFields, inputWith } from './inputs/handles.ts';
import { type Account, bearer, callAs } from './people/account.ts';
import type { Surface } from './surfaces/surface.ts';
import type { World } from './world.ts';

/** What may tell whether somebody has an account, with the reason. */
const reveals: Record<string, string> = {
  'POST /sign-up/email email': 'a sign-up that is open must refuse an address that is taken',
};

const uuids = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
/** Nobody has this id. It begins as the other one, so that both are looked up in the same place. */
const otherId = (id: string) => `${id.slice(0, 24)}${randomUUID().slice(24)}`;

/** A handle of the same form that belongs to nobody. */
function missingTwin(handle: string): string {
  if (handle.includes('@')) return handle.replace(/^[^@]*/, randomUUID());
  if (/^[0-9a-f-]{36}$/i.test(handle)) return otherId(handle);
  const inside = Buffer.from(handle, 'base64url').toString();
  if (inside.startsWith('[')) return Buffer.from(inside.replace(uuids, otherId)).toString('base64url');
  return handle.replace(/[0-9a-f]{16}$/, randomUUID().replaceAll('-', '').slice(0, 16));
}

/** What two answers must have in common: everything but ids, times, numbers and texts of a result. */
function formOf(answer: Answer, handle: string): unknown {
  const shape = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(shape);
    if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, shape(each)]));
    return value === null ? null : typeof value;
  };
  const isRefusal = answer.status >= 400;
  const masked = answer.body.replace(uuids, 'ID').replaceAll(handle, 'HANDLE');
  const vary = ['x-request-id', 'date', 'set-cookie', 'set-auth-token', ...(isRefusal ? [] : ['content-length'])];
  let body: unknown = masked;
  try {
    if (!isRefusal) body = shape(JSON.parse(answer.body));
  } catch {
    body = answer.body.split('\n').map((line) => line.slice(0, 8));
  }
  return { status: answer.status, headers: answer.headers.filter(([name]) => !vary.includes(name)), body };
}

/** Something of the attacker's own that every id of an input can mean: a list and a task with the same id. */
async function ownThing({ send }: World, { signed }: Account): Promise<string> {
  const id = randomUUID();
  await callAs(send, signed, 'lists.create', { id, name: 'Own' }, z.object({}));
  const task = { id, title: 'Own', labels: ['Work'], dueDate: '2026-02-01', recurrence: 'FREQ=DAILY' };
  await callAs(send, signed, 'tasks.create', task, z.object({}));
  return id;
}

export interface Pair {
  where: string;
  /** The same request for a handle of another person, and for one of nobody. */
  foreign: Attack;
  missing: Attack;
  handles: [foreign: string, missing: string];
}

type Credential = Record<string, string>;

/** How to send a handle in a field of a surface, each time as somebody who has just what the input needs besides. */
async function pairsOf(
  world: World,
  surface: Surface,
  { kind, path }: HandleField,
  account: Account | undefined,
  handle: string,
  seed: number,
): Promise<Pair[]> {
  const { described, plain } = surface;
  if (!described || !plain) return [];
  const requestsWith = async (value: string): Promise<Attack[]> => {
    const own = account ? await ownThing(world, account) : randomUUID();
    const handles = { ids: [own], cursors: [], seqs: [1], emails: [`${own}@example.com`], words: ['Pass of nobody'], logins: [] };
    const [input] = fc.sample(inputWith(described, path, value, { own: handles, foreign: handles }), { numRuns: 1, seed });
    const whole = path === 'groupId' ? { ...Object(input), mutationId: randomUUID() } : input;
    const credential: Credential = account ? bearer(account.signed) : {};
    return plain(whole).map((attack) => ({ ...attack, headers: { ...attack.headers, ...credential } }));
  };
  const missingHandle = missingTwin(handle);
  const [foreign, missing] = [await requestsWith(handle), await requestsWith(missingHandle)];
  return foreign.flatMap((attack, i): Pair[] => {
    const twin = missing[i];
    const way = attack.path.startsWith('/api/v1') ? ', by REST' : '';
    return twin ? [{ where: `${surface.name}, ${kind} in ${path}${way}`, foreign: attack, missing: twin, handles: [handle, missingHandle] }] : [];
  });
}

/** Ids of the victim, each that of a task, a list, a call, a group of calls, a session and a passkey. An attacker may take each of them as an id of their own, so none is used twice. */
export async function makeThings({ database, victims }: World, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  const { userId } = victims.victim;
  const each = `from unnest(array[${ids.map((id) => `'${id}'`).join()}]::uuid[]) id`;
  await script(
    database.superuserUrl,
    `insert into tasks (user_id, id, title) select '${userId}', id, 'Spare' ${each};
     insert into lists (user_id, id, name) select '${userId}', id, 'Spare' ${each};
     insert into idempotency_keys (user_id, id, group_id, seq, at) select '${userId}', id, id, 1, now() ${each};
     insert into session (user_id, id, token, expires_at, created_at, updated_at) select '${userId}', id, md5(id::text), now() + interval '1 day', now(), now() ${each};
     insert into passkeys (user_id, id, credential_id, public_key, counter, name, created_at) select '${userId}', id, md5(id::text), 'none', 0, 'Spare', now() ${each}`,
  );
  return ids;
}

/** Every field of every surface that can refer to something of another person. Sign-in routes are asked without a credential too. */
export async function* allPairs(world: World, account: Account, ids: readonly string[], seed: number): AsyncGenerator<Pair> {
  const { cursors, emails } = world.foreign;
  const left = [...ids];
  for (const surface of world.surfaces) {
    for (const field of surface.described ? handleFields(surface.described) : []) {
      if (`${surface.name} ${field.path}` in reveals) continue;
      const handle = field.kind === 'id' ? left.pop() : fc.sample(fc.constantFrom(...(field.kind === 'cursor' ? cursors : emails)), { numRuns: 1, seed })[0];
      if (handle === undefined) throw new Error('The victim has too few things.');
      if (surface.kind === 'sign-in') yield* await pairsOf(world, surface, field, undefined, handle, seed);
      // Other sign-in routes may end the session that they are called with.
      if (surface.kind === 'procedure' || surface.isDeclared) yield* await pairsOf(world, surface, field, account, handle, seed);
    }
  }
}

const short = (form: string) => `${form.slice(0, 14)} … ${form.slice(-200)}`;

/** Sends both. Returns how the answers differ. */
export async function differenceOf({ send }: World, { foreign, missing, handles }: Pair): Promise<string | undefined> {
  const one = JSON.stringify(formOf(await send(foreign), handles[0]));
  const two = JSON.stringify(formOf(await send(missing), handles[1]));
  return one === two ? undefined : `foreign ${short(one)}, missing ${short(two)}`;
}
