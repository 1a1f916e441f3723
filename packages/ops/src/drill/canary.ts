import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { texts } from '@todo/db/log/owners';
import { withConnection } from '@todo/db/migrate/migrate';
import { z } from 'zod';
import { Person, type Product, startProduct } from '../product.ts';

/** A test account that a drill looks for in the restored database. Its address receives no mail (RFC 2606), and nobody knows its password. */
const canary = z.strictObject({ email: z.string(), password: z.string(), titles: z.array(z.string()) });
export type Canary = z.output<typeof canary>;

const list = z.object({ result: z.object({ data: z.object({ items: z.array(z.object({ title: z.string() })) }) }) });

async function signUp(product: Product): Promise<Canary> {
  const made = { email: `canary-${randomUUID()}@todo.invalid`, password: randomBytes(24).toString('base64url') };
  const titles = [1, 2, 3].map((n) => `Canary ${n} ${randomUUID()}`);
  const person = new Person(product, made.email, made.password);
  await person.enter('sign-up');
  await person.change('tasks.createMany', { tasks: titles.map((title) => ({ title })) });
  return { ...made, titles };
}

const isThere = (ownerUrl: string, { email }: Canary): Promise<boolean> =>
  withConnection(ownerUrl, async (connection) => (await texts(connection, 'select from "user" where email = $1', [email])).length === 1);

/** Returns the canary of the live database, which is stored in `file`; signs it up if there is none. */
export async function ensureCanary(live: { ownerUrl: string; appUrl: string }, secret: string, file: string): Promise<Canary> {
  const kept = existsSync(file) ? canary.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
  if (kept && (await isThere(live.ownerUrl, kept))) return kept;
  await using product = await startProduct(live.appUrl, secret);
  const made = await signUp(product);
  mkdirSync(dirname(file), { recursive: true, mode: 0o711 });
  writeFileSync(`${file}.new`, JSON.stringify(made, null, 2), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return made;
}

/** Signs in as the canary. Throws unless its tasks are unchanged and the secret decrypts the signing keys. */
export async function assertCanary(product: Product, { email, password, titles }: Canary): Promise<void> {
  const person = new Person(product, email, password);
  await person.enter('sign-in');
  await person.token();
  const { result } = list.parse(JSON.parse(await person.read('tasks.list', { limit: 200 })));
  const found = result.data.items.map(({ title }) => title).sort();
  if (JSON.stringify(found) !== JSON.stringify([...titles].sort())) throw new Error(`The canary's tasks have changed: there are ${found.length}.`);
}
