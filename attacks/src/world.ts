import { readFileSync } from 'node:fs';
import { startMailServer } from '@todo/api/testing';
import { type Program, start, stop } from '@todo/api/testing/program';
import { createTestDatabase, freePort, script, type TestDatabase } from '@todo/db/testing';
import { createSend, type Send } from './http/send.ts';
import type { Handles, Pool } from './inputs/values.ts';
import { digestOf, rowsOf } from './invariants/rows.ts';
import { createSecrets, type Secrets } from './invariants/secrets.ts';
import { type Account, secure, signIn, signOut, signUp } from './people/account.ts';
import { furnish } from './people/belongings.ts';
import { makeKey, type Victims } from './people/credentials.ts';
import { authSurfaces } from './surfaces/auth-routes.ts';
import { pageSurfaces } from './surfaces/pages.ts';
import { procedureSurfaces } from './surfaces/procedures.ts';
import type { Surface } from './surfaces/surface.ts';

export interface World extends AsyncDisposable {
  url: string;
  database: TestDatabase;
  send: Send;
  victims: Victims;
  foreign: Handles;
  secrets: Secrets;
  surfaces: Surface[];
  /** Digests of all rows of the victims. */
  digest(): Promise<Record<string, string>>;
  /** Somebody who attacks, with what belongs to them. */
  attacker(): Promise<{ account: Account; pool: Pool }>;
  /** What the server has written to its log since the last call. */
  logged(): string;
  /** Mails to others than the victims, since the last call. */
  mailed(): string;
  /** Starts the server anew with these changes of its settings. */
  restart(changes: Record<string, string>): Promise<void>;
  /** Memory of the server, in MB. */
  megabytes(): number;
}

export interface WorldOptions {
  /** How much the victims have. */
  size?: number;
  settings?: Record<string, string>;
  /** The server program of a copy of the sources. */
  program?: string | undefined;
}

const word = (name: string) => `canary${name}${crypto.randomUUID().replaceAll('-', '')}`;

async function trust(database: TestDatabase, key: Victims['key']): Promise<void> {
  const columns = `id, public_key, private_key, alg, crv, created_at`;
  await script(
    database.superuserUrl,
    `insert into jwks (${columns}) values ('${key.id}', '${JSON.stringify(key.publicJwk)}', 'none', 'EdDSA', 'Ed25519', '2020-01-01')`,
  );
}

/** The server program on a database of its own, with victims who own things, and with everything that a request can reach. */
export async function createWorld({ size = 3, settings = {}, program: ownProgram }: WorldOptions = {}): Promise<World> {
  const stack = new AsyncDisposableStack();
  const database = stack.use(await createTestDatabase());
  const mail = stack.use(await startMailServer());
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  const all = {
    DATABASE_URL: database.appUrl,
    BETTER_AUTH_SECRET: 's'.repeat(32),
    TODO_DATA_DIR: '/nonexistent',
    SIGN_INS_PER_MINUTE: '0',
    CALLS_PER_MINUTE: '0',
    MAIL_URL: mail.url,
    MAIL_FROM: 'todo@example.com',
    SIGN_IN_BY_MAIL: 'on',
    PORT: String(port),
    ...settings,
  };
  let program: Program = await start(all, ownProgram);
  stack.defer(async () => void (await stop(program, 'SIGKILL')));
  const send = stack.use(createSend(program.url));

  const key = makeKey();
  const [known, hidden] = [word('known'), word('hidden')];
  const victim = await signUp(send, known);
  // The server's own key is there by now, and it signs with the newest one.
  await trust(database, key);
  const other = await signUp(send, hidden);
  const disabled = await signUp(send, word('disabled'));
  const deleted = await signUp(send, word('deleted'));
  // Attackers know the password, and codes that were used.
  const guarded = await signUp(send, word('guarded'));
  const used = await secure(send, guarded);
  const foreign = await furnish(send, victim, known, size);
  await furnish(send, other, hidden, 1);
  // A session that has expired is deleted when somebody presents it, so it is nobody's whose rows must not change.
  const former = await signUp(send, word('former'));
  const expired = await signIn(send, former);
  const signedOut = await signIn(send, former);
  await signOut(send, signedOut);
  await script(
    database.superuserUrl,
    `update session set expires_at = now() - interval '1 second' where id in (select id from session where user_id = '${former.userId}' order by created_at desc limit 1)`,
  );
  await script(
    database.superuserUrl,
    `update "user" set disabled_at = now() where id = '${disabled.userId}'; delete from session where user_id = '${disabled.userId}'; delete from "user" where id = '${deleted.userId}'`,
  );

  const people = [victim, other, guarded, disabled, former];
  const ids = [victim, other, guarded].map(({ userId }) => userId);
  const words = [victim.signed.split('.')[0] ?? '', ...[expired, signedOut].map(({ signed }) => signed)];
  const passwordOf = ({ email, password }: Account) => ({ email, password });
  const logins = [passwordOf(disabled), passwordOf(guarded), ...used.map((code) => ({ ...passwordOf(guarded), code }))];
  const handles: Handles = { ...foreign, words, logins };
  const rows = await rowsOf(
    database,
    people.map(({ userId }) => userId),
  );
  const held = people.flatMap((each) => [each.signed, each.cookie, each.jwt.split('.').slice(1).join('.'), each.password]);
  const sentByAttackers = [
    ...foreign.ids,
    ...foreign.cursors,
    ...foreign.emails,
    victim.signed,
    victim.cookie,
    victim.jwt,
    expired.signed,
    signedOut.signed,
    disabled.signed,
    disabled.userId,
    deleted.userId,
    ...logins.flatMap((login) => Object.values(login)),
  ];
  const canaries = people.map(({ name }) => (name.split(' ')[1] ?? '').toLowerCase());
  const secrets = createSecrets(canaries, [...rows, ...held], sentByAttackers);

  const opened = database.open();
  const surfaces = [...procedureSurfaces(), ...pageSurfaces(), ...(await authSurfaces(opened, issuer))];
  let [logRead, mailsRead] = [program.output().length, 0];
  return {
    url: program.url,
    database,
    send,
    victims: { victim, expired, signedOut, disabled, deleted, key, issuer },
    foreign: handles,
    secrets,
    surfaces,
    digest: () => digestOf(database, ids),
    attacker: async () => {
      const account = await signUp(send, `attacker${crypto.randomUUID().slice(0, 8)}`);
      const own = await furnish(send, account, 'own', 1);
      return { account, pool: { own: { ...own, words: [account.password, account.signed, account.jwt] }, foreign: handles } };
    },
    logged: () => {
      const text = program.output().slice(logRead);
      logRead += text.length;
      return text;
    },
    mailed: () => {
      const since = mail.received.slice(mailsRead);
      mailsRead = mail.received.length;
      return since
        .filter(({ to }) => !people.some(({ email }) => to.includes(email)))
        .map(({ text }) => text)
        .join('\n');
    },
    restart: async (changes) => {
      await stop(program, 'SIGKILL');
      program = await start({ ...all, ...changes }, ownProgram);
      logRead = program.output().length;
    },
    megabytes: () => Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${program.child.pid}/status`, 'utf8'))?.[1]) / 1_000),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
