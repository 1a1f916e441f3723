import { Connection } from '@todo/db/connection/connection';
import { readSession } from '@todo/db/connection/session';
import { parseUrl } from '@todo/db/connection/url';
import { texts } from '@todo/db/log/owners';
import { explain } from '../explain.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/** So short that a silent host does not hold up the rest. */
const connecting = { connectTimeout: 5_000, answerTimeout: 10_000, perTransaction: true } as const;

export async function withOpen<Result>(url: string, work: (connection: Connection) => Promise<Result>, options: { writable?: boolean } = {}): Promise<Result> {
  const connection = await Connection.open(url, { ...connecting, ...options });
  try {
    return await work(connection);
  } finally {
    connection.end(new Error('done'));
  }
}

/** A URL for each host of a URL, which accepts any session. */
function hostUrls(url: string): { name: string; port: number; url: string }[] {
  const [, start = '', path = '', query = ''] = /^(\w+:\/\/(?:[^/?#]*@)?)[^/?#]*([^?#]*)\??(.*)$/s.exec(url) ?? [];
  const parameters = new URLSearchParams(query);
  for (const name of ['host', 'port', 'target_session_attrs']) parameters.delete(name);
  return parseUrl(url).hosts.map(({ name, port }) => {
    const host = name.startsWith('/') ? encodeURIComponent(name) : name.includes(':') ? `[${name}]` : name;
    return { name, port, url: `${start}${host}:${port}${path}?${parameters}` };
  });
}

const isLocal = (name: string) => name.startsWith('/') || /^(localhost|127\.[\d.]+|::1)$/.test(name);

function checkEncryption(url: string): Finding {
  const { hosts, tls } = parseUrl(url);
  if (tls.mode.startsWith('verify-')) return ok('encryption', `connections to the database use TLS, and the certificate is checked (${tls.mode}).`);
  if (hosts.every(({ name }) => isLocal(name))) return ok('encryption', 'the database is on this machine.');
  if (tls.mode === 'require') return ok('encryption', 'connections to the database use TLS. sslmode=verify-full would also check the certificate.');
  return warn(
    'encryption',
    `connections to the database may be unencrypted (sslmode=${tls.mode}). Unless the network is yours alone, add sslmode=verify-full to DATABASE_URL.`,
  );
}

async function checkHost({ name, port, url }: ReturnType<typeof hostUrls>[number]): Promise<Finding> {
  const what = `database ${name}:${port}`;
  try {
    return await withOpen(url, async (connection) => {
      const { readOnly, standby } = await readSession(connection);
      const [[version = '', number = ''] = []] = await texts(connection, `select current_setting('server_version'), current_setting('server_version_num')`);
      if (Number(number) < 150_000) return fail(what, `PostgreSQL ${version} is too old: 15 or later is needed.`);
      return ok(what, `PostgreSQL ${version}, ${standby ? 'a standby' : readOnly ? 'read-only' : 'accepts writes'}.`);
    });
  } catch (error) {
    return fail(what, explain(error));
  }
}

/** Checks each host by itself. One that fails is only a warning while another accepts writes. */
export async function checkHosts(url: string): Promise<Finding[]> {
  const found = await Promise.all(hostUrls(url).map(checkHost));
  const works = found.some(({ says }) => says.endsWith('accepts writes.'));
  const hosts = found.map((each): Finding => (works && each.level === 'fail' ? { ...each, level: 'warn' } : each));
  return [...hosts, ...(works ? [] : [fail('writes', 'no host of DATABASE_URL accepts writes.')]), checkEncryption(url)];
}
