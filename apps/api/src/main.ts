import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { getConnInfo } from '@hono/node-server/conninfo';
import { createAuth, createMailFile, createOutbox, createSmtp, type Delivery, type Mail, type SecretOptions, startDelivery } from '@todo/auth';
import {
  adviceOnAccess,
  assertSchema,
  authSecret,
  backupElsewhere,
  backupStatus,
  describeFailure,
  findFailure,
  type IdentityDb,
  migrate,
  openDatabase,
  scheduleBackups,
  setRetention,
  startEmbedded,
  startHousekeeping,
  whenReachable,
} from '@todo/db';
import type { Context } from 'hono';
import { type Env, readEnv } from './env.ts';
import { createApp } from './http/app.ts';
import { listen } from './http/listen.ts';
import { readPage } from './http/page.ts';
import type { Fetch } from './http/shed-load.ts';
import { createStartingApp } from './http/starting.ts';
import { createLog, type Log } from './log.ts';
import { observeBackups, observeHousekeeping, observeMail, observeServer } from './telemetry/figures.ts';
import { startTelemetry } from './telemetry/start.ts';

/** Where `apps/web` is built. */
const PAGE_DIR = join(import.meta.dirname, '..', '..', 'web', 'dist');
/** How long a proxy may take to notice that the port is closed, in ms. */
const PROXY_NOTICES_WITHIN_MS = 1_000;
/** How long after its delay the server may take to stop, in ms. */
const STOP_WITHIN_MS = 15_000;

/** The configured PostgreSQL, or an embedded one that stops with this process. */
async function openServer({ database }: Env, cleanUp: AsyncDisposableStack, signal: AbortSignal) {
  if (database.url) return { appUrl: database.url, ownerUrl: database.migrationUrl ?? database.url };
  const embedded = startEmbedded({ dataDir: database.dataDir, binDir: database.binDir, signal });
  cleanUp.defer(async () => (await embedded.catch(() => undefined))?.stop());
  return embedded;
}

/** Migrates only if needed, so a login that may not change the schema can start on a migrated database. Waits until the database can be reached. */
const prepareDatabase = ({ appUrl, ownerUrl }: { appUrl: string; ownerUrl: string }, log: Log['error'], signal: AbortSignal) =>
  whenReachable(() => assertSchema(appUrl).catch(() => migrate(ownerUrl, appUrl, { log, signal })), log, signal);

/** Behind a proxy, the client's address is the last one in the header: the proxy appends it, and the client controls all before it. */
const addressReader = (header: string | undefined) => (c: Context) =>
  header ? c.req.header(header)?.split(',').at(-1)?.trim() : getConnInfo(c).remote.address;

function startBackups({ database, BACKUP_EVERY_HOURS: everyHours, BACKUP_KEEP: keep, BACKUP_TO: to }: Env, log: Log['error']): AsyncDisposable {
  const folder = database.backupDir;
  return scheduleBackups({ folder, everyHours, log, run: (stopping) => backupElsewhere({ folder, keep, to }, stopping) });
}

/** Where mails are kept that no server takes. */
const mailFile = ({ dataDir }: Env['database']) => join(dataDir, 'mails.txt');

/** Undefined if no mail can be sent. Whoever tries the server out finds the mails in the log. */
async function startMail({ mail, isProduction, database }: Env, identity: IdentityDb, secrets: SecretOptions, log: Log): Promise<Delivery | undefined> {
  const file = mailFile(database);
  if (!mail && isProduction) {
    log.warn('MAIL_URL is not set, so no mail is sent: nobody can reset a forgotten password. An operator can: npm run todo -- users reset-password.');
    return undefined;
  }
  const show = ({ to, text }: Mail) => log.info(`No mail server is set (MAIL_URL), so this mail is only shown here and in ${file}:\n${text}`, { to });
  const transport = mail ? await createSmtp(mail) : createMailFile(file, show);
  return startDelivery({ outbox: createOutbox(identity, secrets), transport, log: log.warn });
}

interface Measured extends Awaited<ReturnType<typeof startTelemetry>> {
  log: Log;
}

/** Returns the handler of all requests once the database can be used. */
async function start(env: Env, { log, telemetry, meter }: Measured, cleanUp: AsyncDisposableStack, stopping: AbortSignal): Promise<Fetch> {
  const urls = await openServer(env, cleanUp, stopping);
  const schemaAdvice = await prepareDatabase(urls, log.error, stopping);
  const retention = { logDays: env.LOG_KEEP_DAYS, logMb: env.LOG_MAX_MB };
  for (const advice of [...schemaAdvice, await adviceOnAccess(urls.appUrl), await setRetention(urls, retention)]) if (advice) log.error(advice);
  const database = openDatabase(urls.appUrl, { max: env.DATABASE_POOL_SIZE, log: log.error, observe: telemetry.observe });
  cleanUp.defer(() => database.close());

  const { PUBLIC_URL: baseUrl, TRUSTED_ORIGINS: trustedOrigins, CALLS_PER_MINUTE: callsPerMinute, stopDelayMs } = env;
  const numberedSecrets = env.BETTER_AUTH_SECRETS;
  const [oldest] = numberedSecrets?.toSorted((a, b) => a.version - b.version) ?? [];
  const secret = env.BETTER_AUTH_SECRET ?? oldest?.value ?? authSecret(env.database.dataDir);
  const { identity } = database;
  const mail = await startMail(env, identity, { secret, numberedSecrets }, log);
  if (mail) cleanUp.use(mail);
  const auth = await createAuth({
    identity,
    secret,
    numberedSecrets,
    baseUrl,
    trustedOrigins,
    signInsPerMinute: env.SIGN_INS_PER_MINUTE,
    signUp: env.SIGN_UP,
    verifyEmail: env.VERIFY_EMAIL,
    signInByMail: env.SIGN_IN_BY_MAIL,
    mail,
    providers: env.providers,
    log: log.error,
  });
  cleanUp.defer(() => auth.settle());
  const clientAddress = addressReader(env.CLIENT_ADDRESS_FROM);
  const logging = { log: log.error, ...(env.ACCESS_LOG && { logRequest: log.request }) };
  const page = readPage(PAGE_DIR, baseUrl);
  if (!page) log.error('The page of apps/web is not built, so / shows a landing page. Build it with npm run build:page.');
  const app = createApp({ database, auth, page, baseUrl, trustedOrigins, callsPerMinute, clientAddress, telemetry, ...logging, stopping, stopDelayMs });
  cleanUp.use(startHousekeeping({ url: urls.appUrl, log: log.error, ...(meter && { observe: observeHousekeeping(meter) }) }));
  if (env.backsUp) cleanUp.use(startBackups(env, log.error));
  if (meter) {
    if (mail) observeMail(meter, mail.figures);
    observeServer(meter, { database, auth, activeRequests: telemetry.activeRequests, openWatches: app.openWatches });
    if (env.backsUp) observeBackups(meter, env.BACKUP_EVERY_HOURS, () => backupStatus(env.database.backupDir));
  }
  return app.fetch;
}

/** Serves until a signal. On SIGTERM it goes on for `stopDelayMs` while it says that it is not ready, so that proxies and clients move to another instance. */
async function run(env: Env, signalled: Promise<NodeJS.Signals>): Promise<void> {
  await using cleanUp = new AsyncDisposableStack();
  const log = cleanUp.use(createLog());
  const measured = { log, ...(await startTelemetry(env, log, cleanUp)) };
  const stopping = new AbortController();
  const starting = createStartingApp();
  let answer: Fetch = async (request) => starting.fetch(request);
  const { HOST: host, PORT: port, basePath, stopDelayMs } = env;
  const idleMs = Math.min(stopDelayMs, PROXY_NOTICES_WITHIN_MS);
  await using _listening = await listen((request, bindings) => answer(request, bindings), { host, port, basePath, idleMs });
  const stopped = signalled.then((signal) => {
    setTimeout(() => endNow(log), stopDelayMs + STOP_WITHIN_MS).unref();
    stopping.abort();
    return signal;
  });
  const fetch = await Promise.race([start(env, measured, cleanUp, stopping.signal), stopped.then(() => undefined)]);
  if (!fetch) return;
  answer = fetch;
  const mails = env.mail || env.isProduction ? '' : `\nNo mail server is set: mails are shown here and kept in ${mailFile(env.database)}.`;
  console.log(`Todo listens on ${env.PUBLIC_URL}\nOpen it in a browser, or try: curl ${env.PUBLIC_URL}/readyz${mails}\nCtrl-C stops it.`);
  if ((await stopped) === 'SIGTERM') await delay(stopDelayMs);
}

function endNow(log: Log): never {
  log.error('The server did not stop in time, and is ended.');
  log[Symbol.dispose]();
  process.exit(1);
}

function explain(error: unknown): string {
  const failure = findFailure(error);
  if (failure) return `The database cannot be used: ${describeFailure(failure)}. Check DATABASE_URL and the server it names.`;
  return error instanceof Error ? error.message : String(error);
}

// Short garbage collections by several threads take more processor time, of which the database has the use.
setFlagsFromString('--no-parallel-scavenge');

const signalled = new Promise<NodeJS.Signals>((resolve) => {
  process.once('SIGINT', resolve);
  process.once('SIGTERM', resolve);
});

try {
  await run(readEnv(process.env), signalled);
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}
// A start that was interrupted may still wait for the database.
process.exit();
