import { setFlagsFromString } from 'node:v8';
import { getConnInfo } from '@hono/node-server/conninfo';
import { createAuth } from '@todo/auth';
import {
  adviceOnAccess,
  assertSchema,
  authSecret,
  backupElsewhere,
  findFailure,
  migrate,
  openDatabase,
  scheduleBackups,
  setRetention,
  startEmbedded,
  startHousekeeping,
} from '@todo/db';
import type { Context } from 'hono';
import { type Env, readEnv } from './env.ts';
import { createApp } from './http/app.ts';
import { listen } from './http/listen.ts';
import { createLog, type Log } from './log.ts';

/** The configured PostgreSQL, or an embedded one that stops with this process. */
async function openServer({ database }: Env, cleanUp: AsyncDisposableStack) {
  if (database.url) return { appUrl: database.url, ownerUrl: database.migrationUrl ?? database.url };
  const embedded = await startEmbedded({ dataDir: database.dataDir, binDir: database.binDir });
  cleanUp.defer(() => embedded.stop());
  return embedded;
}

/** Migrates only if needed, so a login that may not change the schema can start on a migrated database. */
const prepareDatabase = ({ appUrl, ownerUrl }: { appUrl: string; ownerUrl: string }) => assertSchema(appUrl).catch(() => migrate(ownerUrl, appUrl));

/** Behind a proxy, the client's address is the last one in the header: the proxy appends it, and the client controls all before it. */
const addressReader = (header: string | undefined) => (c: Context) =>
  header ? c.req.header(header)?.split(',').at(-1)?.trim() : getConnInfo(c).remote.address;

function startBackups({ database, BACKUP_EVERY_HOURS: everyHours, BACKUP_KEEP: keep, BACKUP_TO: to }: Env, log: Log['error']): AsyncDisposable {
  const folder = database.backupDir;
  return scheduleBackups({ folder, everyHours, log, run: (stopping) => backupElsewhere({ folder, keep, to }, stopping) });
}

async function start(env: Env, cleanUp: AsyncDisposableStack): Promise<void> {
  const log = cleanUp.use(createLog());
  const urls = await openServer(env, cleanUp);
  await prepareDatabase(urls);
  const retention = { logDays: env.LOG_KEEP_DAYS, logMb: env.LOG_MAX_MB };
  for (const advice of [await adviceOnAccess(urls.appUrl), await setRetention(urls, retention)]) if (advice) log.error(advice);
  const database = openDatabase(urls.appUrl, { max: env.DATABASE_POOL_SIZE });
  cleanUp.defer(() => database.close());

  const { PUBLIC_URL: baseUrl, TRUSTED_ORIGINS: trustedOrigins } = env;
  const secret = env.BETTER_AUTH_SECRET ?? authSecret(env.database.dataDir);
  const auth = await createAuth({ identity: database.identity, secret, baseUrl, trustedOrigins, signInsPerMinute: env.SIGN_INS_PER_MINUTE, log: log.error });
  const clientAddress = addressReader(env.CLIENT_ADDRESS_FROM);
  const stopping = new AbortController();
  const callsPerMinute = env.CALLS_PER_MINUTE;
  const logging = { log: log.error, ...(env.ACCESS_LOG && { logRequest: log.request }) };
  const app = createApp({ database, auth, baseUrl, trustedOrigins, callsPerMinute, clientAddress, ...logging, stopping: stopping.signal });

  cleanUp.use(await listen(app.fetch, { host: env.HOST, port: env.PORT }));
  cleanUp.defer(() => stopping.abort());
  cleanUp.use(startHousekeeping({ url: urls.appUrl, log: log.error }));
  if (env.backsUp) cleanUp.use(startBackups(env, log.error));
  console.log(`Todo listens on ${baseUrl}\nOpen it in a browser, or try: curl ${baseUrl}/readyz\nCtrl-C stops it.`);
}

function explain(error: unknown): string {
  const failure = findFailure(error);
  const { message } = failure?.cause instanceof Error ? failure.cause : error instanceof Error ? error : new Error(String(error));
  return failure ? `The database cannot be used: ${message}. Check DATABASE_URL and the server it names.` : message;
}

// Short garbage collections by several threads take more processor time, of which the database has the use.
setFlagsFromString('--no-parallel-scavenge');

const cleanUp = new AsyncDisposableStack();
const stopped = new Promise<void>((resolve) => {
  process.once('SIGINT', resolve);
  process.once('SIGTERM', resolve);
});

try {
  await start(readEnv(process.env), cleanUp);
  await stopped;
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
} finally {
  await cleanUp.disposeAsync();
}
