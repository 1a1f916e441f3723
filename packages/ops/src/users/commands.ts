import { randomBytes } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { exportText } from '@todo/api/export';
import { findUser, JWT_CHECK_SECONDS, loadCommonPasswords, scrypt } from '@todo/auth';
import { PASSWORD_MAX_CHARACTERS, PASSWORD_MIN_CHARACTERS } from '@todo/contract';
import { type Database, openDatabase } from '@todo/db';
import { fileFailure } from '@todo/db/backup/failure';
import type { Urls } from '@todo/db/embedded/cluster';
import {
  type Account,
  disable,
  enable,
  listAccounts,
  noteExport,
  readAccount,
  removeSecondFactor,
  setPassword,
  signOut,
  signOutAll,
  UNKNOWN_USER,
} from './accounts.ts';
import { invite } from './invite.ts';

type Target = Pick<Urls, 'ownerUrl' | 'appUrl'>;

/** Where a command reads and writes. The last line of each command says what it did. */
interface Terminal {
  stdin: NodeJS.ReadableStream;
  env: Record<string, string | undefined>;
  print(line: string): void;
}

type Run = (target: Target, args: string[], terminal: Terminal) => Promise<void>;

const LIMIT_DEFAULT = 50;
const LIMIT_MAX = 1_000;
const option = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;

const count = (n: number, what: string) => `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`;
const size = (bytes: number) => (bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);
/** A user chose the text: it must not control the terminal. */
const printable = (given: string) => given.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');

const describe = ({ email, name, id, createdAt, lastSessionAt, open, completed, logBytes, disabledAt }: Account) =>
  [
    printable(email),
    printable(name),
    id,
    `signed up ${createdAt.slice(0, 10)}`,
    lastSessionAt ? `last session ${lastSessionAt.slice(0, 10)}` : 'no session',
    `${open} open`,
    `${completed} completed`,
    `log of ${size(logBytes)}`,
    disabledAt ? `disabled since ${disabledAt.slice(0, 10)}` : 'enabled',
  ].join('  ');

const endedText = (ended: number) => `${count(ended, 'session')} ${ended === 1 ? 'was' : 'were'} ended`;
const jwtText = `JWTs that were issued before work for ${JWT_CHECK_SECONDS} more seconds at most`;

/** The e-mail address, as sign-up stores it. */
function emailOf(positionals: string[], also = ''): string {
  const [email] = positionals;
  if (!email || positionals.length > (also ? 2 : 1)) throw new Error(`Name one user by e-mail address${also}.`);
  return email.toLowerCase();
}

async function parse<Options extends Record<string, typeof option | typeof flag>>(args: string[], options: Options) {
  const { parseArgs } = await import('node:util'); // not at import: loading it opens the terminal
  return parseArgs({ args, options, allowPositionals: true });
}

async function withDatabase<Result>(appUrl: string, work: (database: Database) => Promise<Result>): Promise<Result> {
  const database = openDatabase(appUrl, { max: 1 });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

const list: Run = async ({ ownerUrl }, args, { print }) => {
  const { values, positionals } = await parse(args, { search: option, limit: option, after: option, json: flag });
  const limit = Number(values.limit ?? LIMIT_DEFAULT);
  if (positionals.length > 0) throw new Error('To find users, add --search TEXT.');
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX) throw new Error(`--limit must be a whole number from 1 to ${LIMIT_MAX}.`);
  const found = await listAccounts(ownerUrl, { search: values.search ?? '', limit: limit + 1, after: values.after?.toLowerCase() ?? '' });
  const page = found.slice(0, limit);
  for (const account of page) print(values.json ? JSON.stringify(account) : describe(account));
  if (values.json) return;
  const more = found.length > limit ? `; for more, add --after ${printable(page.at(-1)?.email ?? '')}` : '';
  print(`${count(page.length, 'user')}${more}`);
};

const disableUser: Run = async ({ ownerUrl }, args, { print }) => {
  const email = emailOf((await parse(args, {})).positionals);
  print(`${email} is disabled; ${endedText(await disable(ownerUrl, email))}. ${jwtText}.`);
};

const enableUser: Run = async ({ ownerUrl }, args, { print }) => {
  const email = emailOf((await parse(args, {})).positionals);
  await enable(ownerUrl, email);
  print(`${email} is enabled, and can sign in.`);
};

const signOutUser: Run = async ({ ownerUrl }, args, { print }) => {
  const { values, positionals } = await parse(args, { all: flag });
  if (values.all && positionals.length > 0) throw new Error('Name a user or add --all, not both.');
  if (values.all) return print(`${endedText(await signOutAll(ownerUrl))}, of all users. ${jwtText}.`);
  const email = emailOf(positionals, ', or add --all');
  print(`${email} is signed out; ${endedText(await signOut(ownerUrl, email))}. ${jwtText}.`);
};

async function readPassword(stdin: NodeJS.ReadableStream, person: () => Promise<Account>): Promise<string> {
  const password = (await text(stdin)).replace(/\r?\n$/, '');
  if (password.length < PASSWORD_MIN_CHARACTERS || password.length > PASSWORD_MAX_CHARACTERS || /[\r\n]/.test(password))
    throw new Error(`A password is one line of ${PASSWORD_MIN_CHARACTERS} to ${PASSWORD_MAX_CHARACTERS} characters. Nothing was changed.`);
  const isCommon = await loadCommonPasswords();
  if (isCommon(password, await person())) throw new Error('Attackers try this password first: it is common, or made of name or address. Nothing was changed.');
  return password;
}

const resetPassword: Run = async ({ ownerUrl }, args, { stdin, print }) => {
  const { values, positionals } = await parse(args, { 'password-stdin': flag });
  const email = emailOf(positionals);
  const password = values['password-stdin'] ? await readPassword(stdin, () => readAccount(ownerUrl, email)) : randomBytes(18).toString('base64url');
  const ended = await setPassword(ownerUrl, email, await scrypt.hash(password));
  if (!values['password-stdin']) print(`The new password of ${email}, which is shown only now: ${password}`);
  print(`${email} has a new password; ${endedText(ended)}. ${jwtText}.`);
};

const removeFactor: Run = async ({ ownerUrl }, args, { print }) => {
  const email = emailOf((await parse(args, {})).positionals);
  const wasThere = await removeSecondFactor(ownerUrl, email);
  print(wasThere ? `${email} has no second factor any more, and signs in with the password alone.` : `${email} had no second factor. Nothing was changed.`);
};

const exportUser: Run = async ({ ownerUrl, appUrl }, args, { print }) => {
  const { positionals } = await parse(args, {});
  const [email, path] = [emailOf(positionals, ', and a file that does not exist yet'), positionals[1]];
  if (!path) throw new Error('Name a file that does not exist yet.');
  await withDatabase(appUrl, async (database) => {
    const owner = await findUser(database.identity, email);
    if (!owner) throw new Error(UNKNOWN_USER);
    const file = await open(path, 'wx', 0o600).catch((error: unknown) => {
      throw fileFailure(path, error);
    });
    try {
      await noteExport(ownerUrl, email);
      await file.writeFile(exportText(database.as(owner)));
      await file.sync();
      print(`${email} is exported to ${path}: ${size((await file.stat()).size)}.`);
    } catch (error) {
      await rm(path, { force: true });
      throw fileFailure(path, error);
    } finally {
      await file.close();
    }
  });
};

const inviteUser: Run = async ({ ownerUrl }, args, terminal) => invite(ownerUrl, emailOf((await parse(args, {})).positionals), terminal);

const deleteUser: Run = async ({ ownerUrl, appUrl }, args, { print }) => {
  const { values, positionals } = await parse(args, { yes: option });
  const email = emailOf(positionals);
  const { id, open, completed, logBytes } = await readAccount(ownerUrl, email);
  if (values.yes?.toLowerCase() !== email)
    throw new Error(`This deletes ${count(open + completed, 'task')} and a log of ${size(logBytes)} for ever. To confirm, add --yes ${email}.`);
  await withDatabase(appUrl, (database) => database.identity.deleteUser(id));
  print(`${email} is deleted, with ${count(open + completed, 'task')} and a log of ${size(logBytes)}. The id was ${id}.`);
};

export const userCommands: ReadonlyMap<string, Run> = new Map([
  ['list', list],
  ['disable', disableUser],
  ['enable', enableUser],
  ['reset-password', resetPassword],
  ['remove-second-factor', removeFactor],
  ['sign-out', signOutUser],
  ['export', exportUser],
  ['delete', deleteUser],
  ['invite', inviteUser],
]);
