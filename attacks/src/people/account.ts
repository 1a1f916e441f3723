import { randomUUID } from 'node:crypto';
import { codeOf } from '@todo/auth/testing';
import { z } from 'zod';
import type { Answer, Send } from '../http/send.ts';
import { headerOf } from '../http/send.ts';

export interface Session {
  /** `token.signature`, as a bearer sends it. */
  signed: string;
  /** All cookies of the sign-in. */
  cookie: string;
}

/** Somebody with an account, and all ways to act as them. */
export interface Account extends Session {
  userId: string;
  name: string;
  email: string;
  password: string;
  jwt: string;
}

const JSON_TYPE = { 'content-type': 'application/json' };
/** What the session of a browser would be called. */
const userAgent = (device: string) => ({ 'user-agent': `Mozilla/5.0 (X11; Linux x86_64) ${device} Chrome/140.0.0.0` });

export const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

function read<Read extends z.ZodType>(schema: Read, answer: Answer): z.output<Read> {
  if (answer.status !== 200) throw new Error(`A call of the suite itself was answered with ${answer.status}: ${answer.body.slice(0, 500)}`);
  return schema.parse(JSON.parse(answer.body));
}

const sessionIn = (answer: Answer): Session => ({
  signed: headerOf(answer, 'set-auth-token') ?? '',
  cookie: answer.headers
    .filter(([name]) => name === 'set-cookie')
    .map(([, line]) => line.split(';', 1).join())
    .join('; '),
});

/** Calls a procedure, and reads its result. */
export async function callAs<Read extends z.ZodType>(send: Send, token: string, path: string, input: object, result: Read): Promise<z.output<Read>> {
  const isQuery = /\.(list|get|counts|changes|removed)$/.test(path);
  const body = JSON.stringify(input);
  const address = isQuery ? `/trpc/${path}?input=${encodeURIComponent(body)}` : `/trpc/${path}`;
  const answer = await send({ method: isQuery ? 'GET' : 'POST', path: address, headers: { ...JSON_TYPE, ...bearer(token) }, ...(isQuery ? {} : { body }) });
  const { data } = read(z.object({ result: z.object({ data: z.unknown() }) }), answer).result;
  return result.parse(data);
}

export async function jwtOf(send: Send, signed: string): Promise<string> {
  return read(z.object({ token: z.string() }), await send({ method: 'GET', path: '/api/auth/token', headers: bearer(signed) })).token;
}

/** `word` is in everything that names this person, except the e-mail address. */
export async function signUp(send: Send, word: string): Promise<Account> {
  const [name, email, password] = [`Name ${word}`, `${randomUUID()}@example.com`, `Pass ${word} ${randomUUID()}`];
  const headers = { ...JSON_TYPE, ...userAgent(word) };
  const answer = await send({ method: 'POST', path: '/api/auth/sign-up/email', headers, body: JSON.stringify({ name, email, password }) });
  const { user } = read(z.object({ user: z.object({ id: z.string() }) }), answer);
  const session = sessionIn(answer);
  return { ...session, userId: user.id, name, email, password, jwt: await jwtOf(send, session.signed) };
}

export async function signIn(send: Send, { email, password }: Account): Promise<Session> {
  const headers = { ...JSON_TYPE, ...userAgent('again') };
  const answer = await send({ method: 'POST', path: '/api/auth/sign-in/email', headers, body: JSON.stringify({ email, password }) });
  read(z.object({ user: z.object({ id: z.string() }) }), answer);
  return sessionIn(answer);
}

/** Turns a second factor on, and signs in with a recovery code. Returns the codes that were used. */
export async function secure(send: Send, person: Account): Promise<string[]> {
  const post = async <Read extends z.ZodType>(path: string, body: object, result: Read) =>
    read(result, await send({ method: 'POST', path: `/api/auth/${path}`, headers: { ...JSON_TYPE, ...bearer(person.signed) }, body: JSON.stringify(body) }));
  const { email, password } = person;
  const { secret } = await post('second-factor/set-up', { password }, z.object({ secret: z.string() }));
  const code = codeOf(secret);
  const { recoveryCodes } = await post('second-factor/turn-on', { code }, z.object({ recoveryCodes: z.array(z.string()) }));
  const [recoveryCode = ''] = recoveryCodes;
  await post('sign-in/email', { email, password, code: recoveryCode }, z.object({}));
  return [code, recoveryCode];
}

export const signOut = async (send: Send, { signed }: Session): Promise<void> => {
  read(z.object({}), await send({ method: 'POST', path: '/api/auth/sign-out', headers: { ...JSON_TYPE, ...bearer(signed) }, body: '{}' }));
};

/** Whether a session still counts. */
export const isSignedIn = async (send: Send, { signed }: Session): Promise<boolean> =>
  (await send({ method: 'GET', path: '/trpc/tasks.counts', headers: bearer(signed) })).status === 200;
