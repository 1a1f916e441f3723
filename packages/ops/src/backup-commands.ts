import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Encryption, Key } from '@todo/db/backup/crypt';
import { fileFailure } from '@todo/db/backup/failure';
import { listBackups } from '@todo/db/backup/folder';
import type { Manifest } from '@todo/db/backup/format';
import { restoreOwner } from '@todo/db/backup/owner';
import { restore } from '@todo/db/backup/restore';
import { readKeep } from '@todo/db/backup/retention';
import { takeBackup } from '@todo/db/backup/take';
import { verifyBackup } from '@todo/db/backup/verify';
import { type DrillOptions, drill } from './drill/drill.ts';
import { openProgress } from './progress.ts';

type Named<Name extends string> = { [name in Name]?: string | undefined };

/** Opens the database for a command that needs it; commands on files do not. */
type UseDatabase = (work: (urls: { ownerUrl: string; appUrl: string }) => Promise<void>) => Promise<void>;

const count = (n: number, what: string) => `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`;
const size = (bytes: number) => (bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);
const since = (start: number) => `${((performance.now() - start) / 1000).toFixed(1)} s`;

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw fileFailure(path, error);
  }
}

/** Reads a file of age-keygen: one identity per line, and comments. */
const identitiesIn = (path: string) =>
  read(path)
    .split('\n')
    .filter((line) => line.startsWith('AGE-'));

function encryptionOf(to: string[] | undefined, { 'passphrase-file': file }: Named<'passphrase-file'>): Encryption | undefined {
  if (to && file) throw new Error('Pass either --to or --passphrase-file, not both.');
  return to ? { recipients: to } : file ? { passphrase: read(file) } : undefined;
}

function keyOf({ 'identity-file': identity, 'passphrase-file': file }: Named<'identity-file' | 'passphrase-file'>): Key | undefined {
  if (identity && file) throw new Error('Pass either --identity-file or --passphrase-file, not both.');
  return identity ? { identities: identitiesIn(identity) } : file ? { passphrase: read(file) } : undefined;
}

function withBar<Result>(work: (report: (share: number) => void) => Promise<Result>): Promise<Result> {
  const bar = openProgress(process.stderr);
  return work((share) => bar.show(Math.min(share, 1))).finally(() => bar.end());
}

const contents = ({ tables }: Manifest) => {
  const rows = (table: string) => tables[table]?.rows ?? 0;
  return `${count(rows('user'), 'person').replace('persons', 'people')}, ${count(rows('lists'), 'list')}, ${count(rows('tasks'), 'task')}, ${count(rows('events') + rows('task_events'), 'event')}`;
};

const text = { type: 'string' } as const;
const keyOptions = { 'identity-file': text, 'passphrase-file': text } as const;

/** `pnpm db backup [file] [--folder F] [--keep 7d,4w,12m] [--to age1… | --passphrase-file F]` */
export async function runBackup(ownerUrl: string, args: string[], defaultFolder: string): Promise<string> {
  const { parseArgs } = await import('node:util'); // not at import: loading it opens the terminal
  const options = { folder: text, keep: text, to: { type: 'string', multiple: true }, 'passphrase-file': text } as const;
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  const [file] = positionals;
  const keep = values.keep === undefined ? undefined : readKeep(values.keep);
  if (file && (keep || values.folder)) throw new Error('--keep and --folder are for backups that are named by time. Omit the file name.');
  const start = performance.now();
  const target = { folder: values.folder ?? defaultFolder, file, keep, encryption: encryptionOf(values.to, values) };
  const { path, bytes, manifest, deleted } = await withBar((report) => takeBackup(ownerUrl, { ...target, report }));
  const older = deleted.length > 0 ? `; ${count(deleted.length, 'older backup')} deleted` : '';
  return `${path}: ${contents(manifest)}, ${size(bytes)} in ${since(start)}${older}`;
}

async function list(path: string): Promise<string> {
  const found = listBackups(path);
  const lines = found.map(({ name, takenAt }) => `${takenAt.toISOString()}  ${size(statSync(join(path, name)).size).padStart(10)}  ${name}`);
  return [...lines, `${path}: ${count(found.length, 'backup')}`].join('\n');
}

async function verify(path: string, key: Key | undefined): Promise<string> {
  const start = performance.now();
  const { header, manifest, bytes } = await withBar((report) => verifyBackup(path, key, report));
  const made = `taken ${header.takenAt} from PostgreSQL ${header.postgres} by version ${header.product}`;
  return `${path}: whole, ${made}\n${contents(manifest)}, ${size(bytes)}, verified in ${since(start)}`;
}

/** `pnpm db restore file [--replace NAME]`, or `--owner ID|ADDRESS file`, `--list [folder]`, `--verify file`; an encrypted file needs `--identity-file F` or `--passphrase-file F`. */
export async function runRestore(args: string[], defaultFolder: string, useDatabase: UseDatabase): Promise<string> {
  const { parseArgs } = await import('node:util'); // not at import: loading it opens the terminal
  const options = {
    list: { type: 'boolean' },
    verify: { type: 'boolean' },
    'accept-unsound': { type: 'boolean' },
    owner: text,
    replace: text,
    ...keyOptions,
  } as const;
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  const [path] = positionals;
  if (values.list) return list(path ?? defaultFolder);
  if (!path) throw new Error('Name the backup: pnpm db restore <file>. To list the backups: pnpm db restore --list.');
  const key = keyOf(values);
  if (values.verify) return verify(path, key);
  if (values.owner && values.replace) throw new Error('Pass either --owner or --replace, not both.');
  const start = performance.now();
  const onUnsound = values['accept-unsound'] ? (what: string) => console.error(`Restored although unsound: ${what}.`) : undefined;
  let done = '';
  await useDatabase(async ({ ownerUrl, appUrl }) => {
    if (values.owner) {
      const { owner = '' } = values;
      const back = await withBar((report) => restoreOwner(ownerUrl, path, owner, key, report));
      done = `owner ${back.owner}: ${count(back.inBackup.list, 'list')} and ${count(back.inBackup.task, 'task')} as of ${back.takenAt}, ${back.changed} of them restored in ${since(start)}`;
      return;
    }
    const { manifest } = await withBar((report) => restore(ownerUrl, appUrl, path, { key, replace: values.replace, onUnsound, report, log: console.error }));
    done = `${path}: ${contents(manifest)} restored and verified in ${since(start)}`;
  });
  return done;
}

/** `pnpm db drill [--folder F] [--to age1… --identity-file F | --passphrase-file F]` */
export async function runDrill(
  args: string[],
  options: Omit<DrillOptions, 'encryption' | 'key' | 'print'>,
  print: (line: string) => void = console.log,
): Promise<string> {
  const { parseArgs } = await import('node:util'); // not at import: loading it opens the terminal
  const { values } = parseArgs({ args, options: { folder: text, to: { type: 'string', multiple: true }, ...keyOptions } as const });
  if (values.to && !values['identity-file']) throw new Error('With --to, the drill also needs --identity-file, to restore the encrypted backup.');
  const [folder, encryption, key] = [values.folder ?? options.folder, encryptionOf(values.to, values), keyOf(values)];
  const { file, bytes, rows, rpoSeconds, rtoSeconds } = await drill({ ...options, folder, encryption, key, print });
  return `${file}: ${count(rows, 'row')}, ${size(bytes)}\nRPO ${rpoSeconds} s: changes since the backup's snapshot would be lost\nRTO ${rtoSeconds} s: from the start of the restore until tasks were read`;
}
