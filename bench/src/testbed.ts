import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { freePort } from '@todo/db/testing';
import { visibleColumns } from './columns.ts';
import { createRenewal, type Person, signUpMany } from './people.ts';
import { type BenchPostgres, openSql, type Sql, startPostgres, withDatabase } from './postgres.ts';
import { type ServerProcess, startProcess } from './process.ts';
import { addTasks, copyForComparisons, cursorBehind, type Due } from './seed.ts';

export const comparisons = ['limit', 'textbook'] as const;
export type ServerName = 'ours' | (typeof comparisons)[number];

export interface TestBedOptions {
  /** The servers to start beside the product. */
  comparisons: readonly (typeof comparisons)[number][];
  /** The groups of users to sign up, with the number of tasks of each user, and when they are due. */
  groups: Record<string, { people: number; tasks: number; due?: Due }>;
  poolSize: number;
  binDir: string | undefined;
}

/** The running servers, and their users. */
export interface TestBed {
  postgres: BenchPostgres;
  server(name: ServerName): ServerProcess;
  /** A connection to the database of each server. */
  rows: Record<ServerName, Sql>;
  /** The users of a group. */
  people(group: string): Person[];
  /** Renews the JWTs that could expire during the next measurement. */
  renew(people: Person[]): Promise<void>;
  /** The database URL of a server. */
  databaseOf(name: ServerName): string;
  /** Starts another instance of a server on the same database, optionally through another URL. */
  start(name: ServerName, databaseUrl?: string): Promise<ServerProcess>;
}

export type OnProgress = (step: string, share: number) => void;

const COMPARISONS = 'comparisons';
function known<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`The test bed has no ${what}.`);
  return value;
}

const programOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Starts each server as documented, with the same number of connections to PostgreSQL. */
function createStarter(postgres: BenchPostgres, poolSize: number): Pick<TestBed, 'databaseOf' | 'start'> {
  const secret = randomUUID().repeat(2);
  const databaseOf = (name: ServerName) => (name === 'ours' ? postgres.appUrl : withDatabase(postgres.ownerUrl, COMPARISONS));
  const start = async (name: ServerName, url = databaseOf(name)) => {
    const port = await freePort();
    if (name !== 'ours') return startProcess(programOf(`../comparisons/${name}.ts`), port, [url, `${port}`, `${poolSize}`, secret, visibleColumns], {});
    return startProcess(programOf('../../apps/api/src/main.ts'), port, [], {
      PORT: `${port}`,
      NODE_OPTIONS: '--max-semi-space-size=24',
      // The same issuer for all instances, so that each accepts JWTs of the others.
      PUBLIC_URL: 'http://localhost:3000',
      BETTER_AUTH_SECRET: secret,
      DATABASE_URL: url,
      DATABASE_MIGRATION_URL: postgres.ownerUrl,
      DATABASE_POOL_SIZE: `${poolSize}`,
      CALLS_PER_MINUTE: '0',
      SIGN_INS_PER_MINUTE: '0',
      STOP_DELAY_SECONDS: '0',
    });
  };
  return { databaseOf, start };
}

/** Starts PostgreSQL, adds users and tasks, and starts the servers. `cleanUp` stops everything. */
export async function startTestBed(cleanUp: AsyncDisposableStack, options: TestBedOptions, onProgress: OnProgress): Promise<TestBed> {
  const postgres = cleanUp.use(await startPostgres(options.binDir));
  const open = (name: string) => {
    const sql = openSql(withDatabase(postgres.superuserUrl, name));
    cleanUp.defer(() => sql.end());
    return sql;
  };
  const { databaseOf, start } = createStarter(postgres, options.poolSize);

  const ours = cleanUp.use(await start('ours'));
  const total = Object.values(options.groups).reduce((sum, { people }) => sum + people, 0);
  const signedUp = await signUpMany(ours.url, total, (share) => onProgress('signing up users', share));

  const todo = openSql(withDatabase(postgres.superuserUrl, 'todo'));
  const groups = new Map<string, Person[]>();
  for (const [name, { people, tasks, due }] of Object.entries(options.groups)) {
    const group = signedUp.splice(0, people);
    groups.set(name, group);
    for (const [i, person] of group.entries()) {
      onProgress(`adding tasks of ${name}`, i / people);
      await addTasks(todo, person, tasks, due);
      person.cursor = await cursorBehind(todo, person);
    }
  }
  await todo`vacuum analyze`;
  await todo.end();
  await copyForComparisons(open('postgres'), open, COMPARISONS);
  await open('postgres')`checkpoint`;

  const servers = new Map<ServerName, ServerProcess>([['ours', ours]]);
  await Promise.all(options.comparisons.map(async (name) => servers.set(name, cleanUp.use(await start(name)))));
  const server = (name: ServerName) => known(servers.get(name), `server ${name}`);
  const copy = open(COMPARISONS);
  return {
    postgres,
    server,
    rows: { ours: open('todo'), limit: copy, textbook: copy },
    people: (name) => known(groups.get(name), `group ${name}`),
    renew: createRenewal(ours.url),
    databaseOf,
    start,
  };
}
