import { type Heads, readHeads, writeHeads } from '@todo/db/log/heads-file';
import { ownersOf } from '@todo/db/log/owners';
import { type Verdict, verifyLog } from '@todo/db/log/verify';
import { withConnection } from '@todo/db/migrate/migrate';
import { openProgress } from './progress.ts';

type Print = (line: string) => void;

const count = (n: number, what: string) => `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`;

/** Verifies the log of every owner, or of one, and passes each sound one to `record`. Prints the first wrong event of a broken log; throws at the end if there was any. */
async function eachSoundLog(
  ownerUrl: string,
  only: string | undefined,
  recorded: Heads,
  print: Print,
  record: (owner: string, verdict: Verdict) => void,
): Promise<number> {
  const bar = openProgress(process.stderr);
  let [logs, broken] = [0, 0];
  await withConnection(ownerUrl, async (connection) => {
    for await (const { owner, after } of ownersOf(connection, only)) {
      const verdict = await verifyLog(connection, owner, recorded.get(owner), (share) => bar.show((logs + share) / (logs + 1 + after)));
      logs += 1;
      bar.show(logs / (logs + after));
      if (!verdict.fault) record(owner, verdict);
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
  const logs = await eachSoundLog(ownerUrl, only, recorded, print, (owner, verdict) => {
    events += verdict.events;
    if (verdict.compared) compared += 1;
    if (verdict.head.seq > 0) heads.set(owner, verdict.head);
  });
  if (file) writeHeads(file, heads);
  return `${count(logs, 'log')} with ${count(events, 'event')}: sound${file ? `; ${count(compared, 'head')} compared, ${heads.size} recorded` : ''}`;
}
