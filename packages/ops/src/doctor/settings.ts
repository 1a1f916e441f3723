import type { Env } from '@todo/api/env';
import { runningServer } from '@todo/db/embedded/cluster';
import { type Finding, ok, warn } from './finding.ts';

function checkSecret({ BETTER_AUTH_SECRET: secret, BETTER_AUTH_SECRETS: secrets, database }: Env): Finding {
  if (secrets) return ok('secret', 'BETTER_AUTH_SECRETS is set.');
  if (secret) return ok('secret', 'BETTER_AUTH_SECRET is set.');
  if (!database.url) return ok('secret', 'it is generated, in secrets.json of the data folder. Keep a copy of that file.');
  return warn('secret', 'BETTER_AUTH_SECRET is not set, so each data folder has its own: set the same for all instances. Make one with: openssl rand -hex 32');
}

function checkPublicUrl({ PUBLIC_URL: url, NODE_ENV: environment }: Env): Finding {
  if (url.startsWith('https:')) return ok('PUBLIC_URL', `${url}, so cookies are secure.`);
  if (environment !== 'production') return ok('PUBLIC_URL', url);
  return warn(
    'PUBLIC_URL',
    `${url} is not encrypted: passwords and cookies can be read on the way. Put a proxy with TLS in front, and set PUBLIC_URL to its https address.`,
  );
}

/** The server speaks no TLS, so a public https address is that of a proxy. */
function checkClientAddress({ CLIENT_ADDRESS_FROM: header, PUBLIC_URL: url }: Env): Finding {
  if (header) return ok('CLIENT_ADDRESS_FROM', `${header}. The proxy must replace this header, or clients can forge their address.`);
  if (!url.startsWith('https:')) return ok('CLIENT_ADDRESS_FROM', 'not set, as is right without a proxy.');
  return warn('CLIENT_ADDRESS_FROM', 'not set, although PUBLIC_URL is that of a proxy: all clients share the limits on sign-in. Set it to x-forwarded-for.');
}

function checkDataFolder({ database: { url, dataDir } }: Env): Finding[] {
  if (url) return [];
  const running = runningServer(dataDir);
  if (running) return [ok('data folder', `${dataDir} is in use by PostgreSQL, process ${running.pid}, port ${running.port}.`)];
  return [warn('data folder', `the embedded PostgreSQL of ${dataDir} does not run, so the database is not checked. Start it with: npm start`)];
}

export const checkSettings = async (env: Env): Promise<Finding[]> => [
  ok('settings', 'valid.'),
  checkSecret(env),
  checkPublicUrl(env),
  checkClientAddress(env),
  ...checkDataFolder(env),
];
