import type { AuthEventName } from '@todo/contract';
import { READER_SETTINGS } from '@todo/db/backup/contents';
import { type Command, Connection } from '@todo/db/connection/connection';
import { isNewer, recordedVersion, versionOf } from '@todo/db/migrate/version';
import { operatorEvent } from '@todo/db/operator-events';
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

export const statement = (text: string, ...params: (string | number)[]): Command => ({ text, prepared: { params, rows: 'objects' } });
export const begin = (connection: Connection): Command => ({ text: `begin${connection.transactionSettings(STATEMENT_TIMEOUT_MS)}` });
export const commit: Command = { text: 'commit' };

/** Connects with the login that owns the tables, which may read and change the sign-in tables. Throws unless this version fits the schema. */
export async function asOwner<Result>(ownerUrl: string, work: (connection: Connection) => Promise<Result>): Promise<Result> {
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

/** Adds a security event to the account, which its owner reads. */
const note = (name: AuthEventName, email: string) => statement(operatorEvent(name, 'select id from "user" where email = $1'), email);

/** A change of one user. The first statement returns the user, or nothing. */
interface Change {
  first: Command;
  /** What it counts is the result. */
  counted?: Command;
  event?: Command;
}

/**
 * Runs the statements in one transaction. They are not one statement: each sees what was committed before it began, also a session for which the first had to wait.
 */
const change = (ownerUrl: string, { first, counted, event }: Change): Promise<{ isKnown: boolean; ended: number }> =>
  asOwner(ownerUrl, async (connection) => {
    const [, user, ...rest] = await connection.send([begin(connection), first, ...(counted ? [counted] : []), ...(event ? [event] : []), commit]);
    return { isKnown: id.safeParse(user?.[0]).success, ended: counted ? (rest[0]?.count ?? 0) : 0 };
  });

async function changeUser(ownerUrl: string, wanted: Change): Promise<number> {
  const { isKnown, ended } = await change(ownerUrl, wanted);
  if (!isKnown) throw new Error(UNKNOWN_USER);
  return ended;
}

const endSessionsOf = (email: string) => statement('delete from session where user_id = (select id from "user" where email = $1)', email);

/** Ends all sessions of the user, who gets no other until enabled. Returns how many were ended. */
export const disable = (ownerUrl: string, email: string): Promise<number> =>
  changeUser(ownerUrl, {
    first: statement('update "user" set disabled_at = coalesce(disabled_at, now()), updated_at = now() where email = $1 returning id', email),
    counted: endSessionsOf(email),
    event: note('account_disabled', email),
  });

export const enable = (ownerUrl: string, email: string): Promise<number> =>
  changeUser(ownerUrl, {
    first: statement('update "user" set disabled_at = null, updated_at = now() where email = $1 returning id', email),
    event: note('account_enabled', email),
  });

/** Returns how many sessions were ended. */
export const signOut = (ownerUrl: string, email: string): Promise<number> =>
  changeUser(ownerUrl, {
    first: statement('select id from "user" where email = $1', email),
    counted: endSessionsOf(email),
    event: note('session_revoked', email),
  });

export const signOutAll = (ownerUrl: string): Promise<number> =>
  asOwner(ownerUrl, async (connection) => {
    const event = operatorEvent('session_revoked', 'select distinct user_id as id from ended');
    const endAll = statement(`with ended as (delete from session returning user_id), noted as (${event}) select count(*)::int as ended from ended`);
    const [, rows] = await connection.send([begin(connection), endAll, commit]);
    return z.object({ ended: z.number() }).parse(rows[0]).ended;
  });

/** For a user who has neither the app nor a recovery code any more. Returns whether there was a second factor. */
export const removeSecondFactor = async (ownerUrl: string, email: string): Promise<boolean> => {
  const remove = 'delete from second_factors where user_id = (select id from "user" where email = $1) and confirmed_at is not null returning user_id as id';
  const removeAndNote = `with removed as (${remove}) ${operatorEvent('second_factor_off', 'select id from removed')}`;
  return (await changeUser(ownerUrl, { first: statement('select id from "user" where email = $1', email), counted: statement(removeAndNote, email) })) > 0;
};

/** Replaces the password and ends all sessions. The user is locked, so no session begins meanwhile. Returns how many were ended. */
export async function setPassword(ownerUrl: string, email: string, hash: string): Promise<number> {
  const replace = `
    with u as materialized (select id from "user" where email = $1 for no key update)
    update account set password = $2, updated_at = now() from u where u.id = account.user_id and account.provider_id = 'credential' and account.password is not null returning u.id`;
  const changed = 'select u.id from "user" u join account a on a.user_id = u.id where u.email = $1 and a.password = $2';
  const { isKnown, ended } = await change(ownerUrl, {
    first: statement(replace, email, hash),
    counted: statement(`delete from session where user_id in (${changed})`, email, hash),
    event: statement(operatorEvent('password_reset', changed), email, hash),
  });
  if (isKnown) return ended;
  await readAccount(ownerUrl, email);
  throw new Error('This user signs in without a password.');
}

/** What the operator reads of a user is an event of that user as well. */
export const noteExport = (ownerUrl: string, email: string): Promise<number> =>
  changeUser(ownerUrl, { first: statement('select id from "user" where email = $1', email), event: note('export_made', email) });
