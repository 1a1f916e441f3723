import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runningServer } from '../embedded/cluster.ts';
import { type EmbeddedPostgres, startEmbedded } from '../embedded/embedded.ts';
import { testBinDir } from './database.ts';

type Urls = Omit<EmbeddedPostgres, 'stop'>;

export interface TestFolder extends AsyncDisposable {
  dataDir: string;
  /** Starts an embedded server on the folder, in this process. */
  start(signal?: AbortSignal): Promise<EmbeddedPostgres>;
  /** Starts one in a separate process, as the given user; `urls` rejects with its output if it cannot start. */
  startElsewhere(uid?: number): { child: ChildProcess; urls: Promise<Urls> };
  /** The process id of the PostgreSQL server on the folder. */
  postmaster(): number;
}

const program = fileURLToPath(new URL('./server.ts', import.meta.url));

/** A temporary data folder in a parent folder with this mode, as a copy of another folder while no server runs there. Dispose stops the server on it and removes it. */
export function createTestFolder(mode = 0o700, template?: TestFolder): TestFolder {
  const parent = mkdtempSync(join(tmpdir(), 'todo-test-'));
  const dataDir = join(parent, 'data');
  if (template) execFileSync('cp', ['-a', template.dataDir, dataDir]); // with the owner of each file
  chmodSync(parent, mode);
  const stops: (() => Promise<unknown>)[] = [];

  return {
    dataDir,
    start: async (signal) => {
      const server = await startEmbedded({ dataDir, binDir: testBinDir(), signal });
      stops.push(() => server.stop());
      return server;
    },
    startElsewhere: (uid) => {
      const args = [program, dataDir, testBinDir() ?? ''];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], ...(uid !== undefined && { uid, gid: uid }) });
      const exited = once(child, 'exit');
      let errors = '';
      child.stderr.on('data', (chunk) => {
        errors += chunk;
      });
      stops.push(() => {
        child.kill('SIGTERM');
        return exited;
      });
      const failed = exited.then(() => Promise.reject(new Error(errors)));
      const urls = Promise.race([once(child.stdout, 'data').then(([line]) => JSON.parse(String(line))), failed]);
      return { child, urls };
    },
    postmaster: () => runningServer(dataDir)?.pid ?? 0,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(stops.map((stop) => stop()));
      const left = runningServer(dataDir); // left by a process that the test killed
      if (left) process.kill(left.pid, 'SIGQUIT');
      rmSync(parent, { recursive: true, maxRetries: 10 });
    },
  };
}
