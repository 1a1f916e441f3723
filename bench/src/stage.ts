import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { freePort } from '@todo/db/testing';
import { createRenewal, type Person, signUpMany } from './people.ts';
import { type BenchPostgres, openSql, type Sql, startPostgres, withDatabase } from './postgres.ts';
import { type ServerProcess, startProcess } from './process.ts';
import { addTasks, copyForComparisons, cursorBehind } from './seed.ts';

export const serverNames = ['ours', 'limit', 'textbook'] as const;
export type ServerName = (typeof serverNames)[number];

export interface StageOptions {
  servers: readonly ServerName[];
  /** Number of users whose tasks are read, and of users whose tasks are written. They are separate, so that checked answers do not change. */
  owners: number;
  tasksPerOwner: number;
  /** Numbers of tasks of additional owners. */
  extraOwners: readonly number[];
  poolSize: number;
  binDir: string | undefined;
}

/** The running servers, and their users. */
export interface Stage {
  postgres: BenchPostgres;
  servers: Partial<Record<ServerName, ServerProcess>>;
  /** A connection to the database of each server. */
  rows: Record<ServerName, Sql>;
  readers: Person[];
  writers: Person[];
  /** By the number of their tasks. */
  extra: Map<number, Person>;
  /** Renews the JWTs that could expire during the next measurement. */
  renew(people: Person[]): Promise<void>;
  /** The database URL of a server. */
  databaseOf(name: ServerName): string;
  /** Starts another instance of a server on the same database, optionally through another URL. */
  start(name: ServerName, databaseUrl?: string): Promise<ServerProcess>;
}

export type OnProgress = (step: string, share: number) => void;

const COMPARISONS = 'comparisons';
const programOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Starts each server as documented, with the same number of connections to PostgreSQL. */
function createStarter(postgres: BenchPostgres, poolSize: number): Pick<Stage, 'databaseOf' | 'start'> {
  const secret = randomUUID().repeat(2);
  const databaseOf = (name: ServerName) => (name === 'ours' ? postgres.appUrl : withDatabase(postgres.ownerUrl, COMPARISONS));
  const start = async (name: ServerName, url = databaseOf(name)) => {
    const port = await freePort();
    if (name !== 'ours') return startProcess(programOf(`../comparisons/${name}.ts`), port, [url, `${port}`, `${poolSize}`, secret], {});
    return startProcess(programOf('../../apps/api/src/main.ts'), port, [], {
      PORT: `${port}`,
      // The same issuer for all instances, so that each accepts JWTs of the others.
      PUBLIC_URL: 'http://localhost:3000',
      BETTER_AUTH_SECRET: secret,
      DATABASE_URL: url,
      DATABASE_MIGRATION_URL: postgres.ownerUrl,
      DATABASE_POOL_SIZE: `${poolSize}`,
      CALLS_PER_MINUTE: '0',
      SIGN_INS_PER_MINUTE: '0',
    });
  };
  return { databaseOf, start };
}

/** Starts PostgreSQL, adds users and tasks, and starts the servers. `cleanUp` stops everything. */
export async function setStage(cleanUp: AsyncDisposableStack, options: StageOptions, onProgress: OnProgress): Promise<Stage> {
  const postgres = cleanUp.use(await startPostgres(options.binDir));
  const open = (name: string) => {
    const sql = openSql(withDatabase(postgres.superuserUrl, name));
    cleanUp.defer(() => sql.end());
    return sql;
  };
  const { databaseOf, start } = createStarter(postgres, options.poolSize);

  const first = await start('ours');
  const signedUp = await signUpMany(first.url, 2 * options.owners + options.extraOwners.length, (share) => onProgress('signing up users', share));
  await first[Symbol.asyncDispose]();

  const readers = signedUp.slice(0, options.owners);
  const writers = signedUp.slice(options.owners, 2 * options.owners);
  const extra = new Map(signedUp.slice(2 * options.owners).map((person, i) => [options.extraOwners[i] ?? 0, person]));
  const loads = signedUp.map((person, i) => ({ person, count: options.extraOwners[i - 2 * options.owners] ?? options.tasksPerOwner }));
  const total = loads.reduce((sum, { count }) => sum + count, 0);
  const todo = openSql(withDatabase(postgres.superuserUrl, 'todo'));
  let added = 0;
  for (const { person, count } of loads) {
    await addTasks(todo, person, count, (more) => {
      added += more;
      onProgress('adding tasks', added / total);
    });
    person.cursor = await cursorBehind(todo, person);
  }
  await todo`vacuum analyze`;
  await todo.end();
  await copyForComparisons(open('postgres'), open, COMPARISONS);
  await open('postgres')`checkpoint`;

  const servers: Stage['servers'] = {};
  for (const name of options.servers) servers[name] = cleanUp.use(await start(name));
  const renewal = servers.ours && createRenewal(servers.ours.url);
  const copy = open(COMPARISONS);
  return {
    postgres,
    servers,
    rows: { ours: open('todo'), limit: copy, textbook: copy },
    readers,
    writers,
    extra,
    renew: async (people) => renewal?.(people),
    databaseOf,
    start,
  };
}
