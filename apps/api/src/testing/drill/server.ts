import { freePort, inspect, script, startOwnPostgres } from '@todo/db/testing';
import { type Program, start, stop } from '../program.ts';

/** The program on a PostgreSQL of its own. Both can be killed. */
export interface DrillServer extends AsyncDisposable {
  url: string;
  /** Kills the program, and starts it again. */
  killServer(): Promise<void>;
  /** Kills PostgreSQL, which recovers by itself. */
  killDatabase(): Promise<void>;
  /** Reads the database with all rights. */
  inspect(text: string): Promise<Record<string, unknown>[]>;
}

export async function startDrillServer(settings: Record<string, string>): Promise<DrillServer> {
  const own = await startOwnPostgres();
  const superuserUrl = own.superuserUrl.replace(/[^/]+$/, 'todo');
  // A test server does without, and would lose acknowledged changes when it is killed.
  await script(superuserUrl, 'alter database todo set synchronous_commit = on');
  const all = {
    DATABASE_URL: own.appUrl,
    DATABASE_MIGRATION_URL: own.ownerUrl,
    PORT: String(await freePort()),
    BETTER_AUTH_SECRET: 's'.repeat(32),
    TODO_DATA_DIR: '/nonexistent',
    SIGN_INS_PER_MINUTE: '0',
    ...settings,
  };
  let program: Program = await start(all);
  return {
    url: program.url,
    killServer: async () => {
      await stop(program, 'SIGKILL');
      program = await start(all);
    },
    killDatabase: async () => {
      const [{ pid } = { pid: 0 }] = await inspect(superuserUrl, `select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int as pid`);
      process.kill(Number(pid), 'SIGKILL');
    },
    inspect: (text) => inspect(superuserUrl, text),
    [Symbol.asyncDispose]: async () => {
      await stop(program, 'SIGKILL');
      await own[Symbol.asyncDispose]();
    },
  };
}
