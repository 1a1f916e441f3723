import { join } from 'node:path';
import { databaseSettings } from '@todo/db/embedded/settings';
import { doctor } from './doctor/doctor.ts';
import { explain } from './explain.ts';
import { openTarget, using } from './target.ts';
import { userCommands } from './users/commands.ts';

const usage = `npm run todo -- <command>
  users list               list users by address (--search TEXT, --limit N, --after EMAIL, --json)
  users disable EMAIL      end the sessions of a user, who cannot sign in any more; the data stay
  users enable EMAIL       let the user sign in again
  users reset-password EMAIL  set a random password and print it (--password-stdin: read it instead), and end the sessions
  users remove-second-factor EMAIL  let a user without app and recovery codes sign in with the password alone
  users sign-out EMAIL     end the sessions of a user (--all instead of EMAIL: of all users)
  users export EMAIL FILE  write the user's tasks and history to a new file
  users invite EMAIL       print a link with which one person can create an account, and mail it if there is a mail server
  users delete EMAIL       delete the account and everything in it (--yes EMAIL)
  doctor                   check the settings, the database, the backups and the server, and say what is wrong
DATABASE_URL and DATABASE_MIGRATION_URL name the database; without them, the embedded one is used.`;

const root = join(import.meta.dirname, '..', '..', '..');
const terminal = { stdin: process.stdin, env: process.env, print: console.log };

/** The command that the arguments name; undefined if there is none. */
function commandOf([group, name = '', ...args]: string[]): { name: string; run(): Promise<void> } | undefined {
  if (group === 'doctor' && name === '') return { name: group, run: check };
  const run = group === 'users' ? userCommands.get(name) : undefined;
  return run && { name, run: async () => using(openTarget(databaseSettings(process.env, root)), (target) => run(target, args, terminal)) };
}

async function check(): Promise<void> {
  if (!(await doctor(process.env, terminal.print))) process.exitCode = 1;
}

const command = commandOf(process.argv.slice(2));
if (command) {
  await command.run().catch((error: unknown) => {
    console.error(`${command.name}: ${explain(error)}`);
    process.exitCode = 1;
  });
} else {
  console.error(usage);
  process.exitCode = 2;
}
