import { type Env, readEnv } from '@todo/api/env';
import { runningUrls } from '@todo/db/embedded/cluster';
import { explain } from '../explain.ts';
import { checkDatabase, checkLogins, checkSchema } from './database.ts';
import { type Finding, fail, lineOf } from './finding.ts';
import { checkHosts } from './hosts.ts';
import { checkBackups, checkServer } from './machine.ts';
import { checkSettings } from './settings.ts';

function readSettings(environment: Record<string, string | undefined>): Env | string {
  try {
    return readEnv(environment);
  } catch (error) {
    return explain(error);
  }
}

/** Checks the deployment that the environment describes, and prints a line for each check. Returns whether none failed. */
export async function doctor(environment: Record<string, string | undefined>, print: (line: string) => void, now = Date.now): Promise<boolean> {
  const counts = { ok: 0, warn: 0, fail: 0 };
  const show = async (what: string, checking: Promise<Finding | Finding[]>) => {
    for (const finding of [await checking.catch((error: unknown) => fail(what, explain(error)))].flat()) {
      counts[finding.level] += 1;
      print(lineOf(finding));
    }
  };

  const checkAll = async (env: Env) => {
    const { url, migrationUrl, dataDir } = env.database;
    await show('settings', checkSettings(env));
    const urls = url && migrationUrl ? { appUrl: url, ownerUrl: migrationUrl } : runningUrls(dataDir);
    if (urls) await show('database', checkHosts(urls.appUrl));
    // What cannot be reached has failed already.
    if (urls && counts.fail === 0) {
      await show('logins', checkLogins(urls));
      await show('schema', checkSchema(urls.appUrl));
      await show('database', checkDatabase(urls.appUrl, env.DATABASE_POOL_SIZE, now));
    }
    await show('backups', checkBackups(env));
    await show('server', checkServer(env));
  };

  const env = readSettings(environment);
  if (typeof env !== 'string') await checkAll(env);
  else for (const line of env.split('\n')) await show('settings', Promise.reject(new Error(line)));
  print(`${counts.ok} ok, ${counts.warn} to look at, ${counts.fail} failed`);
  return counts.fail === 0;
}
