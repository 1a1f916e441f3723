import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { authSecret } from '@todo/db/embedded/cluster';
import { startScratch } from '@todo/db/embedded/scratch';
import { databaseSettings } from '@todo/db/embedded/settings';
import { adviceOnAccess, migrate } from '@todo/db/migrate/assert-schema';
import { describeCatalog, difference } from '@todo/db/migrate/catalog';
import { dropEverything } from '@todo/db/migrate/content';
import { generate, migrationFaults, push } from '@todo/db/migrate/drizzle-kit';
import { applyAccess, applyMigrations, withConnection, withMigrationLock } from '@todo/db/migrate/migrate';
import { assertNotNewer, catalogFile, committedCatalog, raiseVersion } from '@todo/db/migrate/version';
import { runBackup, runDrill, runRestore } from './backup-commands.ts';
import { verifyLogs } from './log-commands.ts';
import { pitrDrill } from './pitr/drill.ts';
import { openTarget, type Target, using } from './target.ts';

const settings = databaseSettings(process.env, join(import.meta.dirname, '..', '..', '..'));
const [command, ...args] = process.argv.slice(2);

/** Manual backups and drills use the encryption of scheduled backups, unless the command names another. */
const encryptedArgs = settings.backupTo && !args.some((arg) => /^--(to|passphrase-file)\b/.test(arg)) ? [...args, '--to', settings.backupTo] : args;

const usage = `pnpm db <command>
  migrate    migrate the database to this version
  push       apply the Drizzle schema to the database without a migration
  generate   write migrations for changes to the schema or to sql/, and update schema.sql
  check      check that push, migrate and schema.sql agree
  dump       write schema.sql from the migrations
  verify-log verify that no log was changed (--owner ID, --heads FILE)
  pitr-drill destroy a temporary server and restore it to a chosen second (needs Debian's postgresql and pgbackrest)
  backup     write the whole database to a file (--keep 7d,4w,12m, --to age1…, --folder DIR)
  restore    restore and verify a backup (--list, --verify, --replace NAME, --owner ID, --identity-file FILE)
  drill      back up, restore to a temporary server, use it, and report how long that took
  reset      delete everything in the database and migrate it (--yes, if it is not the embedded one)
DATABASE_URL names the database; without it, the embedded one is used.`;

const open = () => openTarget(settings);

/** Runs a command that changes the schema, and prints what else the operator must do. */
const change = (work: (target: Target) => Promise<void>) =>
  using(open(), async (target) => {
    await work(target);
    const advice = await adviceOnAccess(target.appUrl);
    if (advice) console.error(advice);
  });

const scratch = () => startScratch(settings.binDir);

const dump = () =>
  using(scratch(), async ({ ownerUrl, appUrl }) => {
    await applyMigrations(ownerUrl, appUrl);
    writeFileSync(catalogFile(), await withConnection(ownerUrl, describeCatalog));
    raiseVersion();
  });

const commands: Record<string, () => Promise<void>> = {
  dump,

  migrate: () =>
    change(async ({ ownerUrl, appUrl }) => {
      for (const advice of await migrate(ownerUrl, appUrl, { log: console.error })) console.error(advice);
    }),

  push: () =>
    change(async ({ ownerUrl, appUrl }) => {
      await withConnection(ownerUrl, assertNotNewer);
      push(ownerUrl, args, true);
      await applyAccess(ownerUrl, appUrl);
    }),

  async generate() {
    generate(args);
    await dump();
  },

  check: () =>
    using(scratch(), async ({ ownerUrl, appUrl, superuserUrl }) => {
      const faults = await migrationFaults();
      const differ = (what: string, found: string) =>
        found !== committedCatalog() && faults.push(`${what} differs from schema.sql:\n${difference(committedCatalog(), found)}`);

      await applyMigrations(ownerUrl, appUrl);
      differ('migrate', await withConnection(ownerUrl, describeCatalog));

      await withConnection(superuserUrl, (connection) => connection.send([{ text: 'create database pushed owner todo_owner' }]));
      const pushed = ownerUrl.replace(/todo$/, 'pushed');
      push(pushed, ['--force'], false);
      await applyAccess(pushed, appUrl);
      differ('push', await withConnection(pushed, describeCatalog));

      if (faults.length) throw new Error(faults.join('\n'));
    }),

  'verify-log': () => using(open(), async ({ ownerUrl }) => console.log(await verifyLogs(ownerUrl, args))),

  'pitr-drill': () => pitrDrill(),

  backup: () => using(open(), async ({ ownerUrl }) => console.log(await runBackup(ownerUrl, encryptedArgs, settings.backupDir))),

  restore: async () => console.log(await runRestore(args, settings.backupDir, change)),

  drill: () =>
    using(open(), async (live) => {
      const { dataDir, binDir, backupDir: folder } = settings;
      const secret = settings.authSecret ?? authSecret(dataDir);
      console.log(await runDrill(encryptedArgs, { live, secret, folder, binDir, canaryFile: join(dataDir, 'canary.json') }));
    }),

  reset: () =>
    change(async ({ ownerUrl, appUrl }) => {
      if (settings.url && !args.includes('--yes')) throw new Error('This deletes everything in the database that DATABASE_URL names. Add --yes to confirm.');
      await withMigrationLock(ownerUrl, 'change', dropEverything, { log: console.error });
      await applyMigrations(ownerUrl, appUrl);
    }),
};

const run = commands[command ?? ''];
if (run) {
  await run().then(
    () => console.log(`${command}: done`),
    (error: Error) => {
      console.error(`${command}: ${error.message}`);
      process.exitCode = 1;
    },
  );
} else {
  console.error(usage);
  process.exitCode = 2;
}
