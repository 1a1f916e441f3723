import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { freePort } from '@todo/db/embedded/embedded';

const main = join(import.meta.dirname, '..', '..', '..', 'apps', 'api', 'src', 'main.ts');

export interface Product extends AsyncDisposable {
  url: string;
}

/** Resolves when the product serves requests; throws with its standard error if it does not start. The database must be migrated: the login may not do that. */
export async function startProduct(appUrl: string, secret: string): Promise<Product> {
  const port = await freePort();
  const settings = {
    DATABASE_URL: appUrl,
    BETTER_AUTH_SECRET: secret,
    PORT: String(port),
    SIGN_INS_PER_MINUTE: '0',
    CALLS_PER_MINUTE: '0',
    STOP_DELAY_SECONDS: '0',
  };
  const child = spawn(process.execPath, ['--max-semi-space-size=24', main], { env: settings, stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  const failed = text(child.stderr).then((errors) => Promise.reject(new Error(`The product does not start on this database: ${errors}`)));
  await Promise.race([once(child.stdout, 'data'), failed]);
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
  };
  return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: stop };
}

/** A user who calls the product over HTTP. Every method throws unless the response is successful. */
export class Person {
  readonly #url: string;
  readonly #email: string;
  readonly #password: string;
  #authorization = '';

  constructor({ url }: Product, email: string, password = 'correct horse battery') {
    this.#url = url;
    this.#email = email;
    this.#password = password;
  }

  async #send(path: string, input?: object): Promise<Response> {
    const headers = { 'content-type': 'application/json', authorization: this.#authorization };
    const answer = await fetch(`${this.#url}${path}`, input ? { method: 'POST', headers, body: JSON.stringify(input) } : { headers });
    if (!answer.ok) throw new Error(`${this.#email}: ${path} answered ${answer.status} ${await answer.text()}`);
    return answer;
  }

  async enter(how: 'sign-up' | 'sign-in'): Promise<void> {
    const answer = await this.#send(`/api/auth/${how}/email`, { name: 'Ada', email: this.#email, password: this.#password });
    this.#authorization = `Bearer ${answer.headers.get('set-auth-token')}`;
  }

  /** Returns a JWT. The server needs the secret that decrypts its signing keys. */
  async token(): Promise<string> {
    return (await this.#send('/api/auth/token')).text();
  }

  async change(procedure: string, input: object): Promise<string> {
    return (await this.#send(`/trpc/${procedure}`, input)).text();
  }

  async read(procedure: string, input: object): Promise<string> {
    return (await this.#send(`/trpc/${procedure}?input=${encodeURIComponent(JSON.stringify(input))}`)).text();
  }
}
