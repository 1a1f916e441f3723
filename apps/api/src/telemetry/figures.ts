import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Attributes, Meter, MetricOptions } from '@opentelemetry/api';
import type { Auth, Delivery } from '@todo/auth';
import { type BackupStatus, type Database, type HousekeepingObserver, purgeNames, type Sizes } from '@todo/db';

type Report = (value: number, attributes?: Attributes) => void;

/** Instruments that are read when somebody scrapes. They cost nothing in between. */
function readers(meter: Meter) {
  const reader =
    (kind: 'createObservableGauge' | 'createObservableCounter') => (name: string, options: MetricOptions, read: (report: Report) => void | Promise<void>) =>
      meter[kind](name, options).addCallback((result) => read((value, attributes) => result.observe(value, attributes)));
  return { gauge: reader('createObservableGauge'), counter: reader('createObservableCounter') };
}

const NANOSECONDS = 1e9;
const DELAY_RESOLUTION_MS = 20;

/** The process: its age, processor time, memory and event loop. */
export function observeProcess(meter: Meter): Disposable {
  const { gauge, counter } = readers(meter);
  const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  delay.enable();
  gauge('process.uptime', { unit: 's', description: 'Time since the process started' }, (report) => report(process.uptime()));
  counter('process.cpu.time', { unit: 's', description: 'Processor time' }, (report) => {
    const { user, system } = process.cpuUsage();
    report(user / 1e6, { 'cpu.mode': 'user' });
    report(system / 1e6, { 'cpu.mode': 'system' });
  });
  gauge('process.memory.usage', { unit: 'By', description: 'Resident memory' }, (report) => report(process.memoryUsage.rss()));
  gauge('v8js.memory.heap.used', { unit: 'By', description: 'Used memory of the JavaScript heap' }, (report) => report(process.memoryUsage().heapUsed));
  counter('nodejs.eventloop.time', { unit: 's', description: 'Time that the event loop was active and idle' }, (report) => {
    const { active, idle } = performance.eventLoopUtilization();
    report(active / 1000, { 'nodejs.eventloop.state': 'active' });
    report(idle / 1000, { 'nodejs.eventloop.state': 'idle' });
  });
  gauge('nodejs.eventloop.delay.p99', { unit: 's', description: '99th percentile of the delay of the event loop since the last scrape' }, (report) => {
    // The histogram measures the whole interval of its timer.
    report(Math.max(0, delay.percentile(99) / NANOSECONDS - DELAY_RESOLUTION_MS / 1000));
    delay.reset();
  });
  return { [Symbol.dispose]: () => delay.disable() };
}

/** Connections to the database, passwords, requests and streams. */
export function observeServer(
  meter: Meter,
  { database, auth, activeRequests, openWatches }: { database: Database; auth: Auth; activeRequests(): number; openWatches(): number },
): void {
  const { gauge, counter } = readers(meter);
  const pools = () => Object.entries(database.figures()).map(([name, figures]) => ({ attributes: { 'db.client.connection.pool.name': name }, figures }));
  gauge('http.server.active_requests', { description: 'Requests whose response has not begun' }, (report) => report(activeRequests()));
  gauge('todo.watches.open', { description: 'Open streams of sync.watch' }, (report) => report(openWatches()));
  gauge('db.client.connection.count', { description: 'Open connections by state' }, (report) => {
    for (const { attributes, figures } of pools()) {
      report(figures.used, { ...attributes, 'db.client.connection.state': 'used' });
      report(figures.idle, { ...attributes, 'db.client.connection.state': 'idle' });
    }
  });
  gauge('db.client.connection.max', { description: 'Connections that the pool may open' }, (report) => {
    for (const { attributes, figures } of pools()) report(figures.max, attributes);
  });
  gauge('db.client.connection.pending_requests', { description: 'Transactions that wait for a connection' }, (report) => {
    for (const { attributes, figures } of pools()) report(figures.waiting, attributes);
  });
  counter('todo.db.connection.refusals', { description: 'Transactions refused because too many waited or one waited too long' }, (report) => {
    for (const { attributes, figures } of pools()) report(figures.refused, attributes);
  });
  counter('todo.db.connection.events', { description: 'Connections opened, failed to open, and lost' }, (report) => {
    for (const { attributes, figures } of pools())
      for (const event of ['opened', 'failed', 'lost'] as const) report(figures[event], { ...attributes, 'todo.db.connection.event': event });
  });
  counter('todo.auth.passwords.hashed', { description: 'Passwords hashed, to store or to compare' }, (report) => report(auth.passwordFigures().hashed));
  counter('todo.auth.passwords.refused', { description: 'Requests refused because too many waited for a password to be hashed' }, (report) =>
    report(auth.passwordFigures().refused),
  );
}

/** What has become of mails. */
export function observeMail(meter: Meter, figures: Delivery['figures']): void {
  const { counter } = readers(meter);
  counter('todo.mails', { description: 'Mails by what became of them; each failed attempt counts as postponed' }, (report) => {
    for (const [result, mails] of Object.entries(figures())) report(mails, { 'todo.mail.result': result });
  });
}

/** What housekeeping deletes, and the sizes that it reads. */
export function observeHousekeeping(meter: Meter): HousekeepingObserver {
  const { gauge, counter } = readers(meter);
  const deleted = new Map<string, number>(purgeNames.map((name) => [name, 0]));
  let endedAt: number | undefined;
  let sizes: Sizes | undefined;
  const seconds = () => (endedAt === undefined ? undefined : endedAt / 1000);
  const known = (read: () => number | undefined) => (report: Report) => {
    const value = read();
    if (value !== undefined) report(value);
  };
  counter('todo.retention.deleted', { description: 'Rows deleted because of their age, or the size of a log' }, (report) => {
    for (const [what, rows] of deleted) report(rows, { 'todo.retention.kind': what });
  });
  gauge('todo.retention.last_run.timestamp', { unit: 's', description: 'When old data was last looked for without a failure' }, known(seconds));
  gauge(
    'todo.database.size',
    { unit: 'By', description: 'Size of the database, of all instances' },
    known(() => sizes?.databaseBytes),
  );
  gauge(
    'todo.log.size',
    { unit: 'By', description: 'Size of the logs with their indexes, of all instances' },
    known(() => sizes?.eventsBytes),
  );
  counter(
    'todo.log.events.written',
    { description: 'Events written to logs, by all instances' },
    known(() => sizes?.eventsWritten),
  );
  counter(
    'todo.log.events.deleted',
    { description: 'Events deleted from logs, by all instances' },
    known(() => sizes?.eventsDeleted),
  );
  return {
    deleted: (what, rows) => deleted.set(what, (deleted.get(what) ?? 0) + rows),
    ended: (now) => {
      sizes = now;
      endedAt = Date.now();
    },
  };
}

/** The age of the newest backup, and how the last backup and the last drill ended. */
export function observeBackups(meter: Meter, everyHours: number, read: () => Promise<BackupStatus>): void {
  const { gauge } = readers(meter);
  // A folder on a disk that hangs is read once.
  let reading: Promise<BackupStatus> | undefined;
  const status = () => {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  };
  gauge('todo.backup.interval', { unit: 's', description: 'Age at which the newest backup is followed by another' }, (report) => report(everyHours * 3600));
  gauge('todo.backup.newest.timestamp', { unit: 's', description: 'When the newest complete backup was taken; 0 without one' }, async (report) =>
    report(((await status()).newest?.getTime() ?? 0) / 1000),
  );
  gauge('todo.backup.last_run.timestamp', { unit: 's', description: 'When the last backup or drill began' }, async (report) => {
    for (const { kind, time } of (await status()).last) report(time.getTime() / 1000, { 'todo.backup.kind': kind });
  });
  gauge('todo.backup.last_run.duration', { unit: 's', description: 'How long the last backup or drill took' }, async (report) => {
    for (const { kind, seconds } of (await status()).last) report(seconds, { 'todo.backup.kind': kind });
  });
  gauge('todo.backup.last_run.success', { description: '1 if the last backup or drill succeeded, otherwise 0' }, async (report) => {
    for (const { kind, isOk } of (await status()).last) report(Number(isOk), { 'todo.backup.kind': kind });
  });
}
