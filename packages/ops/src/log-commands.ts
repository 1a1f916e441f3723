import type { Connection } from '@todo/db/connection/connection';
import { type Heads, readHeads, writeHeads } from '@todo/db/log/heads-file';
import { ownersOf, texts } from '@todo/db/log/owners';
import { type Verdict, verifyLog } from '@todo/db/log/verify';
import { withConnection } from '@todo/db/migrate/migrate';
import { openProgress } from './progress.ts';

type Work = (connection: Connection, owner: string, verdict: Verdict) => void | Promise<void>;
type Print = (line: string) => void;

const count = (n: number, what: string) => `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`;

/** Verifies the log of every owner, or of one, and runs `work` on each sound one. Prints the first wrong event of a broken log; throws at the end if there was any. */
async function withSoundLogs(ownerUrl: string, only: string | undefined, recorded: Heads, print: Print, work: Work): Promise<number> {
  const bar = openProgress(process.stderr);
  let [logs, broken] = [0, 0];
  await withConnection(ownerUrl, async (connection) => {
    for await (const { owner, after } of ownersOf(connection, only)) {
      const verdict = await verifyLog(connection, owner, recorded.get(owner), (share) => bar.show((logs + share) / (logs + 1 + after)));
      logs += 1;
      bar.show(logs / (logs + after));
      if (!verdict.fault) await work(connection, owner, verdict);
      else {
        broken += 1;
        bar.end();
        print(`owner ${owner}: event ${verdict.fault.seq} ${verdict.fault.what}`);
      }
    }
  });
  bar.end();
  if (broken > 0) throw new Error(`${broken} of ${count(logs, 'log')} ${broken === 1 ? 'is' : 'are'} broken.`);
  return logs;
}

/** Verifies every log, or one, against the heads recorded in a file, and updates the file if all are sound. Throws otherwise, after reading all logs. */
export async function verifyLogs(ownerUrl: string, args: string[], print: Print = console.error): Promise<string> {
  const { parseArgs } = await import('node:util'); // not at import: loading it opens the terminal
  const { owner: only, heads: file } = parseArgs({ args, options: { owner: { type: 'string' }, heads: { type: 'string' } } }).values;
  const recorded: Heads = file ? readHeads(file) : new Map();
  const heads: Heads = new Map(only ? recorded : []);
  let [events, compared] = [0, 0];
  const logs = await withSoundLogs(ownerUrl, only, recorded, print, (_, owner, verdict) => {
    events += verdict.events;
    if (verdict.compared) compared += 1;
    if (verdict.head.seq > 0) heads.set(owner, verdict.head);
  });
  if (file) writeHeads(file, heads);
  return `${count(logs, 'log')} with ${count(events, 'event')}: sound${file ? `; ${count(compared, 'head')} compared, ${heads.size} recorded` : ''}`;
}

/** Deletes the events of every log, or of one, that are older than a number of days. */
export async function trimLogs(ownerUrl: string, args: string[], print: Print = console.error): Promise<string> {
  const options = { owner: { type: 'string' }, 'older-than-days': { type: 'string' } } as const;
  const { parseArgs } = await import('node:util'); // not at import: loading it opens the terminal
  const { owner: only, 'older-than-days': days = '' } = parseArgs({ args, options }).values;
  if (!/^[1-9]\d{0,4}$/.test(days)) throw new Error('Pass the number of days to keep: --older-than-days N.');
  let events = 0;
  const logs = await withSoundLogs(ownerUrl, only, new Map(), print, async (connection, owner) => {
    const [[dropped] = []] = await texts(connection, 'select trim_log($1::uuid, now() - make_interval(days => $2::int))', [owner, Number(days)]);
    events += Number(dropped);
  });
  return `${count(logs, 'log')}: ${count(events, 'event')} dropped`;
}
