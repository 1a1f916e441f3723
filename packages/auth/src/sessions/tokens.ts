import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import { type IdentityDb, schema } from '@todo/db';
import { inArray } from 'drizzle-orm';
import type { Cookies } from '../cookies.ts';
import { bearerOf, readCookie, type Signing } from '../credentials.ts';

/** What the database stores instead of a session's token. Without a salt, because a token has 190 random bits. */
const hashOf = (token: string) => createHash('sha256').update(token).digest('hex');

/** The forms in which the database may have the token. A hash that somebody presents is not looked up as it is. */
export const storedForms = (token: string) => [hashOf(token), ...(/^[0-9a-f]{64}$/.test(token) ? [] : [token])];

export interface TokenTranslation {
  /**
   * Better Auth knows sessions by what the database stores, clients by their tokens. This puts the one for the other in the headers of the request, and the other for
   * the one in those of the response. `work` gets the user of the session. Drops credentials without a valid signature. Throws DatabaseFailure.
   */
  run(headers: Headers, work: (userId: string | undefined) => Promise<Response>): Promise<Response>;
  /** Better Auth has made a session with this token in the current request. */
  issued(token: string): void;
}

export function createTokenTranslation(identity: IdentityDb, cookies: Cookies, signing: Signing): TokenTranslation {
  const { session } = schema;
  const requests = new AsyncLocalStorage<Map<string, string>>();

  /** The credentials with what is stored, by what clients send. Of a session that does not exist, the hash is as good. */
  const translate = async (credentials: (string | undefined)[], tokens: Map<string, string>) => {
    const presented = credentials.map((credential) => (credential === undefined ? undefined : signing.verify(credential)));
    const forms = presented.flatMap((each) => (each ? storedForms(each.token) : []));
    const rows =
      forms.length > 0 ? await identity.select({ token: session.token, userId: session.userId }).from(session).where(inArray(session.token, forms)) : [];
    const users = new Map(rows.map(({ token, userId }) => [token, userId]));
    return presented.map((each) => {
      if (!each) return undefined;
      const { token, isFormer } = each;
      const form = storedForms(token).find((one) => users.has(one)) ?? hashOf(token);
      tokens.set(form, token);
      return { credential: signing.sign(form), userId: users.get(form), renewed: isFormer && users.has(form) ? signing.sign(token) : undefined };
    });
  };

  const enter = async (headers: Headers, tokens: Map<string, string>) => {
    const names = cookies.sessionNames;
    const cookie = names.map((name) => readCookie(headers, name)).find((value) => value !== undefined);
    const [byHeader, byCookie] = await translate([bearerOf(headers), cookie], tokens);
    headers.delete('authorization');
    if (byHeader) headers.set('authorization', `Bearer ${byHeader.credential}`);
    const others = (headers.get('cookie')?.split(/; */) ?? []).filter((pair) => !names.some((name) => pair.startsWith(`${name}=`)));
    const pairs = byCookie ? [...others, `${names[0]}=${encodeURIComponent(byCookie.credential)}`] : others;
    headers.delete('cookie');
    if (pairs.length > 0) headers.set('cookie', pairs.join('; '));
    return { userId: (byHeader ?? byCookie)?.userId, header: byHeader?.renewed, cookie: byCookie?.renewed };
  };

  const leave = (headers: Headers, tokens: Map<string, string>) => {
    const tokenOf = (credential: string) => tokens.get(signing.verify(credential)?.token ?? '');
    const lines = headers.getSetCookie();
    headers.delete('set-cookie');
    for (const line of lines) {
      const [, name = '', value = '', attributes = ''] = /^([^=]*)=([^;]*)(.*)$/.exec(line) ?? [];
      const token = name === cookies.sessionNames[0] ? tokenOf(value) : undefined;
      headers.append('set-cookie', token === undefined ? line : `${name}=${encodeURIComponent(signing.sign(token))}${attributes}`);
    }
    const token = tokenOf(headers.get('set-auth-token') ?? '');
    if (token !== undefined) headers.set('set-auth-token', signing.sign(token));
  };

  return {
    run: async (headers, work) => {
      const tokens = new Map<string, string>();
      const found = await enter(headers, tokens);
      const answer = await requests.run(tokens, () => work(found.userId));
      leave(answer.headers, tokens);
      // Unless Better Auth has begun, extended or ended a session, what a former secret has signed is signed with the current one.
      if (answer.ok && !answer.headers.getSetCookie().some((line) => line.startsWith(`${cookies.sessionNames[0]}=`))) {
        if (found.header !== undefined) answer.headers.set('set-auth-token', found.header);
        if (found.cookie !== undefined) answer.headers.append('set-cookie', cookies.sessionCookie(found.cookie));
      }
      return answer;
    },
    issued: (token) => {
      const tokens = requests.getStore();
      for (const form of storedForms(token)) tokens?.set(form, token);
    },
  };
}
