import type { Connection } from '@todo/db/connection/connection';
import { connectionsOf } from '@todo/db/database';
import type { Urls } from '@todo/db/embedded/cluster';
import { texts } from '@todo/db/log/owners';
import { adviceOnAccess, assertSchema } from '@todo/db/migrate/assert-schema';
import { recordedVersion, versionOf } from '@todo/db/migrate/version';
import { explain } from '../explain.ts';
import { type Finding, fail, ok, warn } from './finding.ts';
import { withOpen } from './hosts.ts';

/** Differences of the clocks, in ms. */
const [CLOCK_WARN_MS, CLOCK_FAIL_MS] = [2_000, 60_000];
/** Connections for a migration, a backup and an operator. */
const SPARE_CONNECTIONS = 3;

interface Login {
  name: string;
  isSuperuser: boolean;
  passesRowSecurity: boolean;
  createsRoles: boolean;
}

async function readLogin(connection: Connection): Promise<Login> {
  const [[name = '', ...flags] = []] = await texts(
    connection,
    'select rolname, rolsuper, rolbypassrls, rolcreaterole from pg_catalog.pg_roles where rolname = current_user',
  );
  const [isSuperuser = false, passesRowSecurity = false, createsRoles = false] = flags.map((flag) => flag === 'true');
  return { name, isSuperuser, passesRowSecurity, createsRoles };
}

export async function checkLogins({ appUrl, ownerUrl }: Pick<Urls, 'appUrl' | 'ownerUrl'>): Promise<Finding[]> {
  const app = await withOpen(appUrl, readLogin);
  const found: Finding[] = [];
  for (const [right, is] of [
    ['is a superuser', app.isSuperuser],
    ['passes over row-level security (bypassrls)', app.passesRowSecurity],
  ] as const)
    if (is) found.push(fail('login that serves', `${app.name} ${right}, so the rules of the tables do not bind it. Create another login for DATABASE_URL.`));
  const owner = await withOpen(ownerUrl, readLogin).catch((error: unknown) => explain(error));
  if (typeof owner === 'string') found.push(fail('login that owns the tables', owner));
  else if (owner.name === app.name)
    found.push(
      warn(
        'login that serves',
        `${app.name} also owns the tables, or DATABASE_MIGRATION_URL is not set here. Two logins are safer: the one that serves cannot change tables then.`,
      ),
    );
  else {
    if (app.createsRoles && !app.isSuperuser)
      found.push(warn('login that serves', `${app.name} may create roles, which it does not need: alter role ${app.name} nocreaterole`));
    if (owner.isSuperuser || owner.passesRowSecurity)
      found.push(warn('login that owns the tables', `${owner.name} passes over row-level security. Another login can own the tables.`));
  }
  return found.length > 0 ? found : [ok('logins', `${app.name} serves, and cannot pass over row-level security; the tables belong to another login.`)];
}

export async function checkSchema(appUrl: string): Promise<Finding[]> {
  try {
    const advice = [...(await assertSchema(appUrl)), await adviceOnAccess(appUrl)].filter((line) => line !== undefined);
    const recorded = await withOpen(appUrl, recordedVersion);
    const says = `schema ${recorded?.number}, which versions with schema ${recorded?.oldest} or later can serve; this one has schema ${versionOf().number}.`;
    return [ok('schema', says), ...advice.map((line) => warn('schema', line))];
  } catch (error) {
    return [fail('schema', explain(error))];
  }
}

function checkPooler(connection: Connection): Finding {
  if (connection.backend !== undefined) return ok('pooler', 'there is none between this machine and the database.');
  if (connection.preparesStatements) return ok('pooler', 'there is one, and it keeps prepared statements.');
  return warn(
    'pooler',
    'there is one, and it keeps no prepared statements, so each call costs the database more. For PgBouncer 1.21 or later set max_prepared_statements = 200.',
  );
}

async function checkConnections(connection: Connection, poolSize: number): Promise<Finding> {
  const [limits = []] = await texts(
    connection,
    `select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int - coalesce(current_setting('reserved_connections', true), '0')::int,
       nullif(rolconnlimit, -1), nullif(datconnlimit, -1)
     from pg_catalog.pg_roles, pg_catalog.pg_database where rolname = current_user and datname = current_database()`,
  );
  const free = Math.min(...limits.filter((limit) => limit !== '').map(Number)) - SPARE_CONNECTIONS;
  const each = connectionsOf(poolSize);
  const instances = Math.max(0, Math.floor(free / each));
  const says = `there is room for ${instances} ${instances === 1 ? 'instance' : 'instances'} of ${each} connections`;
  const advice = 'Raise max_connections or the limit of the login, or lower DATABASE_POOL_SIZE';
  if (instances === 0) return fail('connections', `${says}. ${advice}.`);
  return instances === 1 ? warn('connections', `${says}, so none beside it during a rolling restart. ${advice}.`) : ok('connections', `${says}.`);
}

async function checkClock(connection: Connection, now: () => number): Promise<Finding> {
  const before = now();
  const [[time = ''] = []] = await texts(connection, 'select extract(epoch from clock_timestamp()) * 1000');
  const after = now();
  // The database read its clock at some time in between.
  const difference = Math.max(0, before - Number(time), Number(time) - after);
  const says = `the clocks of this machine and the database differ by ${(difference / 1000).toFixed(1)} s`;
  const advice = 'Sessions, JWTs and limits end too early or too late. Let NTP set both clocks';
  if (difference > CLOCK_FAIL_MS) return fail('clock', `${says}. ${advice}.`);
  return difference > CLOCK_WARN_MS ? warn('clock', `${says}. ${advice}.`) : ok('clock', `${says}.`);
}

async function checkStatistics(connection: Connection): Promise<Finding> {
  const [[setting = '', number = ''] = []] = await texts(
    connection,
    `select current_setting('pg_stat_statements.track_utility', true), current_setting('server_version_num')`,
  );
  const what = 'pg_stat_statements';
  if (setting === '') return ok(what, 'it is not loaded.');
  if (Number(number) >= 180_000 || setting !== 'on') return ok(what, 'it does not fill with the ids of users.');
  return warn(
    what,
    'it keeps a statement for each user, because each transaction names its user. Set pg_stat_statements.track_utility = off, or use PostgreSQL 18.',
  );
}

/** What one connection to a server that accepts writes tells. */
export const checkDatabase = (appUrl: string, poolSize: number, now: () => number): Promise<Finding[]> =>
  withOpen(
    appUrl,
    async (connection) => [
      checkPooler(connection),
      await checkConnections(connection, poolSize),
      await checkClock(connection, now),
      await checkStatistics(connection),
    ],
    { writable: true },
  );
