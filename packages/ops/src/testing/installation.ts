import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createTestDatabase } from '@todo/db/testing';
import { startProduct } from '../product.ts';
import { userCommands } from '../users/commands.ts';

export const PASSWORD = 'correct horse battery';

const program = join(import.meta.dirname, '..', 'todo.ts');

export const sessionOf = (answer: Response) => `Bearer ${answer.headers.get('set-auth-token')}`;

/** The product on its own database, with the commands of its operator. */
export async function startInstallation() {
  const own = await createTestDatabase();
  const product = await startProduct(own.appUrl, 'a secret for this test alone, long enough');

  const call = (path: string, authorization?: string, body?: object) => {
    const headers = { 'content-type': 'application/json', ...(authorization && { authorization }) };
    return fetch(`${product.url}${path}`, body ? { method: 'POST', headers, body: JSON.stringify(body) } : { headers });
  };

  return {
    own,
    url: product.url,
    call,
    /** Runs the program as an operator does; resolves with what it printed, rejects with its exit code and standard error. */
    todo: (args: string[], { stdin = '', ...env }: Record<string, string> = {}): Promise<string> => {
      const settings = { DATABASE_URL: own.appUrl, DATABASE_MIGRATION_URL: own.ownerUrl, ...env };
      const running = promisify(execFile)(process.execPath, [program, ...args], { env: settings });
      running.child.stdin?.end(stdin);
      return running.then(({ stdout }) => stdout);
    },
    /** Runs a command on users in this process, which takes a tenth of the time; returns what it printed. */
    users: async ([command = '', ...args]: string[], stdin = ''): Promise<string> => {
      let printed = '';
      const print = (line: string) => {
        printed += `${line}\n`;
      };
      await userCommands.get(command)?.(own, args, { stdin: Readable.from([stdin]), env: {}, print });
      return printed;
    },
    signIn: (email: string, password = PASSWORD) => call('/api/auth/sign-in/email', undefined, { email, password }),
    signUp: async (name: string) => {
      const email = `${name.toLowerCase()}-${randomUUID()}@example.com`;
      const answer = await call('/api/auth/sign-up/email', undefined, { name, email, password: PASSWORD });
      const session = sessionOf(answer);
      const { token } = Object(await (await call('/api/auth/token', session)).json());
      const { user } = Object(await answer.json());
      return { email, session, jwt: `Bearer ${token}`, id: String(user.id) };
    },
    create: (authorization: string, title: string) => call('/trpc/tasks.create', authorization, { title }),
    statusOf: async (authorization: string) => (await call('/trpc/tasks.list', authorization)).status,
    [Symbol.asyncDispose]: async () => {
      await product[Symbol.asyncDispose]();
      await own[Symbol.asyncDispose]();
    },
  };
}
