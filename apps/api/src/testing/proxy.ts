import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@todo/db/testing';
import { expect } from 'vitest';

const examples = join(import.meta.dirname, '..', '..', '..', '..', 'deploy');

interface Kind {
  program: string;
  example: string;
  /** What an operator changes in the example: where to listen, and the certificate. */
  edits(at: Place): [string, string][];
  /** Puts the example where the program looks for it. */
  wrap(text: string, at: Place): string;
  args(file: string): string[];
}

interface Place {
  folder: string;
  port: number;
  plainPort: number;
}

const nginxMain = (site: string, folder: string) => {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ');
  return `daemon off; master_process off; pid ${folder}/pid; error_log stderr;\nevents {}\nhttp { access_log off; ${temporary}\n${site}\n}`;
};

const proxies = {
  nginx: {
    program: '/usr/sbin/nginx',
    example: 'nginx.conf',
    edits: ({ folder, port, plainPort }) => [
      ['listen 80;', `listen 127.0.0.1:${plainPort};`],
      ['listen 443 ', `listen 127.0.0.1:${port} `],
      ['/etc/ssl/todo/fullchain.pem', `${folder}/cert.pem`],
      ['/etc/ssl/todo/privkey.pem', `${folder}/key.pem`],
    ],
    wrap: (text, { folder }) => nginxMain(text, folder),
    args: (file) => ['-e', 'stderr', '-c', file],
  },
  haproxy: {
    program: '/usr/sbin/haproxy',
    example: 'haproxy.cfg',
    edits: ({ folder, port, plainPort }) => [
      ['bind :80\n', `bind 127.0.0.1:${plainPort}\n`],
      ['bind :443 ', `bind 127.0.0.1:${port} `],
      ['/etc/haproxy/todo.pem', `${folder}/both.pem`],
    ],
    wrap: (text) => text,
    args: (file) => ['-db', '-f', file],
  },
  caddy: {
    program: '/usr/bin/caddy',
    example: 'Caddyfile',
    edits: ({ folder }) => [['{$TODO_SITE:todo.example.com} {', `https://127.0.0.1 {\ntls ${folder}/cert.pem ${folder}/key.pem`]],
    wrap: (text, { port, plainPort, folder }) => `{\nadmin off\nhttp_port ${plainPort}\nhttps_port ${port}\nstorage file_system ${folder}\n}\n${text}`,
    args: (file) => ['run', '--adapter', 'caddyfile', '--config', file],
  },
} satisfies Record<string, Kind>;

export const proxyNames = ['nginx', 'haproxy', 'caddy'] as const satisfies (keyof typeof proxies)[];
export type ProxyName = (typeof proxyNames)[number];

export const isInstalled = (name: ProxyName): boolean => existsSync(proxies[name].program) && existsSync('/usr/bin/openssl');

export interface Proxy extends AsyncDisposable {
  /** An https address of 127.0.0.1. */
  url: string;
  plainUrl: string;
  /** Its certificate, which no authority has signed. */
  certificate: string;
}

export async function proxyPlace(): Promise<Place> {
  return { folder: mkdtempSync(join(tmpdir(), 'todo-proxy-')), port: await freePort(), plainPort: await freePort() };
}

/** Runs the program with the example of the folder `deploy`, in front of two instances. */
export async function startProxy(name: ProxyName, at: Place, instances: [number, number]): Promise<Proxy> {
  const kind: Kind = proxies[name];
  const { folder, port, plainPort } = at;
  const path = (file: string) => join(folder, file);
  mkdirSync(folder, { recursive: true });
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const files = ['-keyout', path('key.pem'), '-out', path('cert.pem')];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', ...subject, ...files], { stdio: 'ignore' });
  const certificate = readFileSync(path('cert.pem'), 'utf8');
  writeFileSync(path('both.pem'), certificate + readFileSync(path('key.pem'), 'utf8'));

  let text = readFileSync(join(examples, kind.example), 'utf8');
  const servers = instances.map((instance, i): [string, string] => [`127.0.0.1:${3000 + i}`, `127.0.0.1:${instance}`]);
  for (const [example, real] of [...servers, ...kind.edits(at)]) {
    if (!text.includes(example)) throw new Error(`deploy/${kind.example} lacks ${example}`);
    text = text.replace(example, real);
  }
  writeFileSync(path('config'), kind.wrap(text, at));

  const child = spawn(kind.program, kind.args(path('config')), { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => (said += String(chunk)));
  const ended = once(child, 'close');
  const plainUrl = `http://127.0.0.1:${plainPort}`;
  const isUp = () =>
    fetch(plainUrl, { redirect: 'manual' }).then(
      () => true,
      () => child.exitCode !== null,
    );
  await expect.poll(isUp).toBe(true);
  if (child.exitCode !== null) throw new Error(`${kind.program} has ended:\n${said}`);
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  return { url: `https://127.0.0.1:${port}`, plainUrl, certificate, [Symbol.asyncDispose]: stop };
}
