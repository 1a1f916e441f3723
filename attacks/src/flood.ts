import { randomUUID } from 'node:crypto';
import { routes } from '@todo/auth';
import fc from 'fast-check';
import { type Answer, headerOf } from './http/send.ts';
import { type Handles, likely } from './inputs/values.ts';
import { type Account, bearer } from './people/account.ts';
import type { Surface } from './surfaces/surface.ts';
import type { World } from './world.ts';

/** Settings with limits that a flood reaches soon. */
export const LOW_LIMITS = { SIGN_INS_PER_MINUTE: '2', CALLS_PER_MINUTE: '20' };
/** More than the largest limit of a session, 300 calls a minute. */
const CALLS_MAX = 330;
const AT_ONCE = 10;

/** A stream says so in an event, and a page gets the reason in the address to which it is sent. */
const isRefused = (answer: Answer) => [answer.body, headerOf(answer, 'location')].some((text) => text?.includes('RATE_LIMITED'));

/** Calls every procedure and sign-in route in an innocent way, as this person, until it refuses. Returns those that do not, but no more than `foundMax`. The server must run with `LOW_LIMITS`. */
export async function unlimitedIn({ send, surfaces }: World, account: Account, foundMax = Number.POSITIVE_INFINITY): Promise<string[]> {
  const call = async ({ name, described, plain }: Surface) => {
    const own: Handles = { ids: [randomUUID()], cursors: [], seqs: [1], emails: [`${randomUUID()}@example.com`], words: ['Pass of nobody'], logins: [] };
    const [input] = described ? fc.sample(likely('', described.schema, described.definitions, { own, foreign: own }), 1) : [];
    const [attack] = plain?.(input) ?? [];
    if (!attack) return false;
    // What anybody can call is limited by address.
    const { use = 'session' } = routes.get(name) ?? {};
    const credential = use === 'session' || use === 'password' ? bearer(account.signed) : {};
    return isRefused(await send({ ...attack, headers: { ...attack.headers, ...credential } }));
  };
  const unlimited: string[] = [];
  for (const surface of surfaces.filter(({ kind }) => kind !== 'page')) {
    let [calls, isLimited] = [0, false];
    for (; calls < CALLS_MAX && !isLimited; calls += AT_ONCE)
      isLimited = (await Promise.all(Array.from({ length: AT_ONCE }, () => call(surface)))).some(Boolean);
    if (!isLimited) unlimited.push(surface.name);
    if (unlimited.length >= foundMax) break;
  }
  return unlimited;
}
