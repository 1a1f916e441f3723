import { AUTH_BODY_MAX_BYTES, BODY_MAX_BYTES, RESPONSE_MAX_BYTES, reasons } from '@todo/contract';
import { z } from 'zod';
import { type Answer, type Attack, headerOf } from '../http/send.ts';
import type { Credential } from '../people/credentials.ts';
import type { Surface } from '../surfaces/surface.ts';
import type { Secrets } from './secrets.ts';

export type Invariant =
  | 'crash'
  | 'foreign data'
  | 'no credential'
  | 'accepted'
  | 'leaky error'
  | 'unknown reason'
  | 'too large'
  | 'rows changed'
  | 'distinguishable'
  | 'log'
  | 'unlimited'
  | 'health';

export interface Problem {
  invariant: Invariant;
  detail: string;
}

/** An error may name what the client sent, at most 50 names of 200 characters for each of 50 calls. */
const ERROR_MAX_CHARACTERS = 1_000_000;
const REFUSAL_MAX_CHARACTERS = 60_000;
/** What Node reads of a request line and headers is a little more. */
const HEADERS_MAX_CHARACTERS = 12_000;

/** Parts of statements, stacks, paths and names inside the server. No attack sends one of them. */
const innards =
  /node_modules|\bat [\w.<>]+ \(|file:\/\/\/|\.ts:\d+|\.m?js:\d+|postgres|sqlstate|drizzle|relation "|column "|violates|permission denied|syntax error at|failed query|params:|\btodo_\w+|pg_\w+|ECONN|\bzod\b|better-auth\//i;

const data = z.object({ reason: z.string() });
const trpcError = z.object({ error: z.object({ data }) });
const authError = z.object({ code: z.string().regex(/^[A-Z][A-Z0-9_]{1,80}$/), message: z.string().max(500) });
const isKnown = (reason: string) => Object.hasOwn(reasons, reason);

/** The reasons in the body of an error: of a call, of each call of a batch, or of an event in a stream. */
function reasonsIn(body: string): string[] | undefined {
  const event = /event: serialized-error\ndata: (.*)/.exec(body)?.[1];
  if (event !== undefined) return [z.object({ data }).parse(JSON.parse(event)).data.reason];
  const parsed: unknown = JSON.parse(body);
  const all = Array.isArray(parsed) ? parsed : [parsed];
  const found = all.map((each) => {
    const error = trpcError.safeParse(each);
    if (error.success) return error.data.error.data.reason;
    const problem = data.safeParse(each);
    return problem.success ? problem.data.reason : 'result' in Object(each) ? '' : undefined;
  });
  return found.every((reason) => reason !== undefined) ? found.filter(Boolean) : undefined;
}

function checkError(surface: Surface, attack: Attack, answer: Answer): Problem | undefined {
  const { status, body } = answer;
  // Headers that are too large, and an address that is none, are refused before the product reads them.
  if (body === '' && (status === 431 || (status === 400 && attack.path.includes('\\')))) return undefined;
  if (attack.method === 'HEAD' || attack.method === 'OPTIONS') return undefined;
  try {
    const own = authError.safeParse(JSON.parse(body));
    if (surface.kind === 'sign-in' && own.success) return undefined;
    if (reasonsIn(body)?.every(isKnown)) return undefined;
  } catch {
    // No JSON.
  }
  return { invariant: 'unknown reason', detail: `${status} ${body.slice(0, 300)}` };
}

const isExport = (path: string) => URL.canParse(path, 'http://localhost') && new URL(path, 'http://localhost').pathname === '/export';
const hasResult = (body: string) => /"result":|event: message|^data: \{"changes"/m.test(body);

/** What is wrong with an answer. */
export function problemsOf(surface: Surface, credential: Credential, attack: Attack, answer: Answer, secrets: Secrets): Problem[] {
  const { status, body } = answer;
  const found: Problem[] = [];
  const add = (invariant: Invariant, detail: string) => found.push({ invariant, detail: detail.slice(0, 600) });
  const sent = Buffer.byteLength(attack.body ?? '');
  // A server that has refused what is too large may close the connection while the rest is sent.
  const isTooLarge = sent > (surface.kind === 'sign-in' ? AUTH_BODY_MAX_BYTES : BODY_MAX_BYTES) || attack.path.length > HEADERS_MAX_CHARACTERS;
  if (status === 0 && !isTooLarge) add('crash', 'no answer');
  if (status >= 500) add('crash', `${status} ${body}`);
  const whole = `${answer.headers.map((pair) => pair.join(': ')).join('\n')}\n${body}`;
  const [first = '', ...others] = secrets.foundIn(whole);
  if (first) add('foreign data', `${[first, ...others].join(' ')} in ${status} ${whole.slice(Math.max(0, whole.toLowerCase().indexOf(first) - 200))}`);
  const isProtected = surface.kind === 'procedure' || isExport(attack.path);
  const isPreflight = attack.method === 'OPTIONS';
  if (
    credential.acts === 'never' &&
    isProtected &&
    !isPreflight &&
    ((status >= 200 && status < 300 && headerOf(answer, 'content-type')?.startsWith('text/event-stream') !== true) || hasResult(body))
  )
    add('no credential', `${status} ${body}`);
  if (attack.isExtended && status >= 200 && status < 300 && !isPreflight) add('accepted', `${status} ${body}`);
  if (status >= 400 && status < 500 && innards.test(body)) add('leaky error', `${status} ${innards.exec(body)?.[0]} in ${body}`);
  if (status >= 400 && status < 500) {
    const problem = checkError(surface, attack, answer);
    if (problem) found.push(problem);
  }
  if (body.length > RESPONSE_MAX_BYTES * 1.1) add('too large', `${body.length} characters`);
  const isBatch = attack.path.includes('batch=');
  if (status >= 400 && body.length > (isBatch ? ERROR_MAX_CHARACTERS : REFUSAL_MAX_CHARACTERS)) add('too large', `${body.length} characters of an error`);
  return found;
}
