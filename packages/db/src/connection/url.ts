import { targetNames } from './hosts.ts';
import type { Host, Tls, TlsMode } from './socket.ts';

/** What a connection URL says: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS */
export interface ConnectionUrl {
  hosts: Host[];
  user: string;
  password: string;
  database: string;
  tls: Tls;
  target: string | undefined;
  applicationName: string;
  /** In ms. */
  connectTimeout: number | undefined;
}

const tlsModes: readonly string[] = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] satisfies TlsMode[];
const isTlsMode = (mode: string): mode is TlsMode => tlsModes.includes(mode);

/** The values that each parameter may have; any value if there is no list. */
const parameters: Record<string, readonly string[] | undefined> = {
  host: undefined,
  port: undefined,
  sslmode: tlsModes,
  sslrootcert: undefined,
  sslcert: undefined,
  sslkey: undefined,
  target_session_attrs: targetNames,
  application_name: undefined,
  connect_timeout: undefined,
  // The driver cannot bind a password to the TLS channel.
  channel_binding: ['disable', 'prefer'],
  gssencmode: ['disable', 'prefer'],
};

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error('must have special characters of the password as %XX: % as %25, @ as %40, / as %2F, ? as %3F, # as %23');
  }
}

function readParameters(query: string): Map<string, string> {
  const given = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    if (!Object.hasOwn(parameters, name)) throw new Error(`has the parameter ${name}, which Todo does not know. Remove it.`);
    const allowed = parameters[name];
    if (allowed && !allowed.includes(value)) throw new Error(`has ${name}=${value}. It must be one of: ${allowed.join(', ')}.`);
    given.set(name, value);
  }
  return given;
}

function wholeNumber(text: string, name: string, max: number): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= 1 && number <= max)) throw new Error(`has the ${name} ${text}. It must be a number from 1 to ${max}.`);
  return number;
}

/** Splits a list of hosts and ports. An IPv6 address stands in brackets, a folder of a Unix socket is percent-encoded. */
function readHosts(list: string, ports: string | undefined): Host[] {
  const given = ports?.split(',') ?? [];
  return list.split(',').map((item, i) => {
    const [, name = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(item) ?? [];
    if (/[/\s]/.test(name) && !name.startsWith('/')) throw new Error(`has the host ${name}`);
    const text = port || given[i] || given[0] || '5432';
    return { name: decode(name).replace(/^\[|\]$/g, '') || 'localhost', port: wholeNumber(text, 'port', 65_535) };
  });
}

function readTls(given: Map<string, string>): Tls {
  const rootCert = given.get('sslrootcert');
  const mode = given.get('sslmode') ?? 'disable';
  if (!isTlsMode(mode)) throw new Error(`has sslmode=${mode}`);
  // As in libpq, a certificate authority is there to be checked.
  const checked = rootCert === undefined ? mode : rootCert === 'system' ? 'verify-full' : mode === 'require' ? 'verify-ca' : mode;
  return { mode: checked, rootCert, cert: given.get('sslcert'), key: given.get('sslkey') };
}

/** Throws an Error whose message completes a sentence that begins with the name of the setting. It never contains the password. */
export function parseUrl(url: string): ConnectionUrl {
  const [, authority, path, query = ''] = /^postgres(?:ql)?:\/\/([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/.exec(url) ?? [];
  if (authority === undefined || (!authority.includes('@') && url.includes('@'))) {
    throw new Error('must look like postgres://user:password@host:5432/database, with / as %2F, ? as %3F and # as %23 in the password');
  }
  const at = authority.lastIndexOf('@');
  const [, user = '', password = ''] = /^([^:]*)(?::(.*))?$/s.exec(authority.slice(0, Math.max(0, at))) ?? [];
  const given = readParameters(query);
  const hosts = readHosts(authority.slice(at + 1) || (given.get('host') ?? ''), given.get('port'));
  const name = decode(user);
  const timeout = given.get('connect_timeout');
  return {
    hosts,
    user: name,
    password: decode(password),
    database: decode(path ?? '') || name,
    tls: readTls(given),
    target: given.get('target_session_attrs'),
    applicationName: given.get('application_name') ?? 'todo',
    connectTimeout: timeout === undefined ? undefined : 1_000 * wholeNumber(timeout, 'connect_timeout', 600),
  };
}
