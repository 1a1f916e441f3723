import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createTestDatabase, freePort, inspect, type TestDatabase } from '@todo/db/testing';
import { z } from 'zod';
import { type MailServer, startMailServer } from '../mail-server.ts';
import { type HostileProvider, startHostileProvider } from '../oidc/hostile-provider.ts';
import { type Program, start, stop } from '../program.ts';
import { createSecrets, type Secrets } from './secrets.ts';

const ORIGIN = 'http://localhost:3000';
const operator = join(import.meta.dirname, '..', '..', '..', '..', '..', 'packages', 'ops', 'src', 'todo.ts');
const account = z.object({ user: z.object({ id: z.string() }) });

export interface Member {
  userId: string;
  email: string;
  password: string;
  headers: { authorization: string };
  cookie: string;
}

/** The server program on a database of its own. What its clients, mails and pages get to see that is secret is kept, so that copies can be searched for it. */
export interface Walk extends AsyncDisposable {
  database: TestDatabase;
  /** The secret of the installation. */
  secret: string;
  provider: HostileProvider;
  secrets: Secrets;
  mailServer: MailServer;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** Sends JSON to an endpoint of sign-in, which must succeed. */
  post(path: string, body: object, as?: Member): Promise<Record<string, unknown>>;
  signUp(body?: { email?: string; invitation?: string }): Promise<Member>;
  /** The last token in a mail to this address, in a link to this place of the page. */
  tokenOf(email: string, place: string): Promise<string>;
  /** Runs a command of the operator, and keeps what it prints as a secret. */
  operate(...args: string[]): Promise<string>;
  /** What the program has written. */
  log(): string;
}

export async function startWalk(): Promise<Walk> {
  const stack = new AsyncDisposableStack();
  const database = stack.use(await createTestDatabase());
  const mailServer = stack.use(await startMailServer());
  const provider = stack.use(await startHostileProvider());
  const [secret, port] = [randomUUID().repeat(2), await freePort()];
  const settings: Record<string, string> = {
    DATABASE_URL: database.appUrl,
    BETTER_AUTH_SECRET: secret,
    TODO_DATA_DIR: '/nonexistent',
    PUBLIC_URL: ORIGIN,
    PORT: String(port),
    MAIL_URL: mailServer.url,
    MAIL_FROM: 'todo@example.com',
    SIGN_IN_BY_MAIL: 'on',
    // Limits count by keys that are made of addresses and sessions.
    SIGN_INS_PER_MINUTE: '1000',
    OIDC_PROVIDERS: JSON.stringify([provider.settings]),
  };
  const program: Program = await start(settings);
  stack.defer(async () => void (await stop(program)));
  const secrets = createSecrets();
  secrets.keep('the secret of the installation', secret);
  secrets.keep('the password of the mail server', mailServer.url);
  secrets.keep('the secret of the client of the provider', provider.settings.clientSecret ?? '');

  const walk: Walk = {
    database,
    secret,
    provider: {
      ...provider,
      sign: async (...asked) => {
        const token = await provider.sign(...asked);
        secrets.keep('the provider, ID token', token);
        return token;
      },
    },
    secrets,
    mailServer,
    fetch: async (path, init = {}) => {
      if (typeof init.body === 'string') secrets.keepAll(path, JSON.parse(init.body));
      secrets.keepAll(path.split('?', 1).join(), `${ORIGIN}${path}`);
      const answer = await fetch(`${program.url}${path}`, init);
      secrets.keepSession(path, answer);
      if (answer.headers.get('content-type')?.includes('json'))
        secrets.keepAll(
          path,
          await answer
            .clone()
            .json()
            .catch(() => null),
        );
      return answer;
    },
    post: async (path, body, as) => {
      const headers = { 'content-type': 'application/json', origin: ORIGIN, ...as?.headers };
      const answer = await walk.fetch(`/api/auth/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
      return Object(await answer.json());
    },
    signUp: async ({ email = `${randomUUID()}@example.com`, ...more } = {}) => {
      const password = `a horse ${randomUUID()}`;
      const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name: 'Ada', email, password, ...more }) };
      const answer = await walk.fetch('/api/auth/sign-up/email', init);
      const headers = { authorization: `Bearer ${answer.headers.get('set-auth-token')}` };
      const cookie = answer.headers
        .getSetCookie()
        .map((line) => line.split(';', 1).join())
        .join('; ');
      return { userId: account.parse(await answer.json()).user.id, email, password, headers, cookie };
    },
    tokenOf: async (email, place) => {
      const find = () => {
        const texts = mailServer.received.filter(({ to }) => to.includes(email)).map(({ text }) => text);
        return texts.flatMap((text) => new RegExp(`#/${place}\\?token=([\\w-]+)`).exec(text)?.[1] ?? []).at(-1) ?? '';
      };
      for (const end = performance.now() + 60_000; find() === '' && performance.now() < end; ) await new Promise((resolve) => setTimeout(resolve, 50));
      secrets.keep(`a mail, ${place}`, find());
      return find();
    },
    operate: async (...args) => {
      const env = { PATH: process.env.PATH, ...settings, DATABASE_MIGRATION_URL: database.ownerUrl };
      const { stdout } = await promisify(execFile)(process.execPath, [operator, ...args], { env });
      for (const link of stdout.match(/https?:\S+/g) ?? []) secrets.keepAll(args.join(' '), link);
      const [, shown] = /shown only now: (\S+)\n/.exec(stdout) ?? [];
      if (shown && !URL.canParse(shown)) secrets.keep(args.join(' '), shown);
      return stdout;
    },
    log: program.output,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
  return walk;
}

/** Every row of every table as a dump would have it. */
export async function dumpOf({ superuserUrl }: Pick<TestDatabase, 'superuserUrl'>): Promise<string> {
  const tables = await inspect(
    superuserUrl,
    `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
     where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'`,
  );
  const rows = await Promise.all(tables.map(({ name }) => inspect(superuserUrl, `select t::text as row from ${name} t`)));
  return rows
    .flat()
    .map(({ row }) => String(row))
    .join('\n');
}
