import { READER_SETTINGS } from '@todo/db/backup/contents';
import { type Command, Connection } from '@todo/db/connection/connection';
import { isNewer, recordedVersion, versionOf } from '@todo/db/migrate/version';
import { z } from 'zod';

/** How long PostgreSQL may work on a statement, in ms. */
const STATEMENT_TIMEOUT_MS = 60_000;

export const UNKNOWN_USER = 'No user has this address.';

const id = z.object({ id: z.string() });
const account = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  createdAt: z.string(),
  disabledAt: z.string().nullable(),
  sessions: z.number(),
  /** When the newest session began or was extended. */
  lastSessionAt: z.string().nullable(),
});
const contents = z.object({ id: z.string(), open: z.number(), completed: z.number(), logBytes: z.number() });

export type Account = z.output<typeof account> & Omit<z.output<typeof contents>, 'id'>;

const statement = (text: string, ...params: (string | number)[]): Command => ({ text, prepared: { params, rows: 'objects' } });
const begin = (connection: Connection): Command => ({ text: `begin${connection.transactionSettings(STATEMENT_TIMEOUT_MS)}` });
const commit: Command = { text: 'commit' };

/** Connects with the login that owns the tables, which may read and change the sign-in tables. Throws unless this version fits the schema. */
async function asOwner<Result>(ownerUrl: string, work: (connection: Connection) => Promise<Result>): Promise<Result> {
  const options = { connectTimeout: 10_000, answerTimeout: STATEMENT_TIMEOUT_MS, perTransaction: true, writable: true };
  const connection = await Connection.open(ownerUrl, options);
  try {
    const [recorded, own] = [await recordedVersion(connection), versionOf()];
    if (!isNewer(recorded, own) && recorded?.number !== own.number)
      throw new Error('The database is not migrated to this version. Run "pnpm db migrate" with the login that owns the tables: DATABASE_MIGRATION_URL.');
    return await work(connection);
  } finally {
    connection.end(new Error('done'));
  }
}

const selectUsers = `
  select u.id, u.email, u.name, u.created_at as "createdAt", u.disabled_at as "disabledAt", count(s.id)::int as sessions, max(s.updated_at) as "lastSessionAt"
  from (select * from "user" where`;
const withSessions = `) u left join session s on s.user_id = u.id group by u.id, u.email, u.name, u.created_at, u.disabled_at order by u.email`;

/** Only todo_backup may read what all owners have; the role reads no sessions, so this is a statement of its own. */
const asBackup: Command = { text: `set local role todo_backup; ${READER_SETTINGS}` };
const selectContents = `
  select user_id as id, open, completed, log_bytes::float8 as "logBytes" from owners where user_id = any(string_to_array($1, ',')::uuid[])`;

const readAccounts = (ownerUrl: string, users: Command): Promise<Account[]> =>
  asOwner(ownerUrl, async (connection) => {
    const [, found] = await connection.send([begin(connection), users]);
    const accounts = z.array(account).parse([...found]);
    const [, owned] = await connection.send([asBackup, statement(selectContents, accounts.map((each) => each.id).join(',')), commit]);
    const byId = new Map(
      z
        .array(contents)
        .parse([...owned])
        .map((each) => [each.id, each]),
    );
    return accounts.map((each) => ({ open: 0, completed: 0, logBytes: 0, ...byId.get(each.id), ...each }));
  });

export interface Page {
  /** Part of a name or an e-mail address. */
  search: string;
  limit: number;
  /** The last e-mail address of the page before. */
  after: string;
}

/** A page of users, by e-mail address. */
export const listAccounts = (ownerUrl: string, { search, limit, after }: Page): Promise<Account[]> => {
  const wanted = `email > $1 and (strpos(lower(email), lower($2)) > 0 or strpos(lower(name), lower($2)) > 0) order by email limit $3`;
  return readAccounts(ownerUrl, statement(`${selectUsers} ${wanted} ${withSessions}`, after, search, limit));
};

export async function readAccount(ownerUrl: string, email: string): Promise<Account> {
  const [found] = await readAccounts(ownerUrl, statement(`${selectUsers} email = $1 ${withSessions}`, email));
  if (!found) throw new Error(UNKNOWN_USER);
  return found;
}

/**
 * Runs statements in one transaction, of which the first returns the user, or nothing. They are not one statement: each sees what was committed before it began, also a
 * session for which the first had to wait.
 */
const change = (ownerUrl: string, ...statements: readonly [Command, ...Command[]]): Promise<{ isKnown: boolean; ended: number }> =>
  asOwner(ownerUrl, async (connection) => {
    const [, user, ended] = await connection.send([begin(connection), ...statements, commit]);
    return { isKnown: id.safeParse(user?.[0]).success, ended: statements.length > 1 ? (ended?.count ?? 0) : 0 };
  });

async function changeUser(ownerUrl: string, ...statements: readonly [Command, ...Command[]]): Promise<number> {
  const { isKnown, ended } = await change(ownerUrl, ...statements);
  if (!isKnown) throw new Error(UNKNOWN_USER);
  return ended;
}

const endSessionsOf = (email: string) => statement('delete from session where user_id = (select id from "user" where email = $1)', email);

/** Ends all sessions of the user, who gets no other until enabled. Returns how many were ended. */
export const disable = (ownerUrl: string, email: string): Promise<number> =>
  changeUser(
    ownerUrl,
    statement('update "user" set disabled_at = coalesce(disabled_at, now()), updated_at = now() where email = $1 returning id', email),
    endSessionsOf(email),
  );

export const enable = (ownerUrl: string, email: string): Promise<number> =>
  changeUser(ownerUrl, statement('update "user" set disabled_at = null, updated_at = now() where email = $1 returning id', email));

/** Returns how many sessions were ended. */
export const signOut = (ownerUrl: string, email: string): Promise<number> =>
  changeUser(ownerUrl, statement('select id from "user" where email = $1', email), endSessionsOf(email));

export const signOutAll = (ownerUrl: string): Promise<number> =>
  asOwner(ownerUrl, async (connection) => {
    const [, ended] = await connection.send([begin(connection), { text: 'delete from session' }, commit]);
    return ended.count;
  });

/** Replaces the password and ends all sessions. Returns how many were ended. */
export async function setPassword(ownerUrl: string, email: string, hash: string): Promise<number> {
  const replace = `
    update account set password = $2, updated_at = now() from "user" u
    where u.id = account.user_id and u.email = $1 and account.provider_id = 'credential' and account.password is not null returning u.id`;
  const endSessions = `
    delete from session where user_id in (select u.id from "user" u join account a on a.user_id = u.id where u.email = $1 and a.password = $2)`;
  const { isKnown, ended } = await change(ownerUrl, statement(replace, email, hash), statement(endSessions, email, hash));
  if (isKnown) return ended;
  await readAccount(ownerUrl, email);
  throw new Error('This user signs in without a password.');
}
