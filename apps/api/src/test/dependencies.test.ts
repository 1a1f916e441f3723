import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '@todo/db/testing';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { installed, installerScripts, readManifest, root, workspaces } from '../testing/dependencies.ts';

const run = promisify(execFile);
const read = (path: string) => readFileSync(join(root, path), 'utf8');

function temporaryFolder(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'todo-packages-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

const chapter = read('CONTRIBUTING.md').slice(read('CONTRIBUTING.md').indexOf('\n## Why each dependency is there'));
const table = new Map(
  [...chapter.matchAll(/^\| `([^`]+)` \|(.*)\|$/gm)].map(([, name = '', cells = '']) => {
    const [reason = '', licence = '', script = ''] = cells.split(' | ').map((cell) => cell.trim());
    return [name, { reason, licence, script }];
  }),
);
const accepted = [...(/^Accepted licences: (.*)\.$/m.exec(chapter)?.[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name);

const everything = installed('all');
const production = installed('production');
const hashes = new Map(
  [...read('pnpm-lock.yaml').matchAll(/^ {2}'?([^\s']+@[^\s':]+)'?:\n {4}resolution: \{integrity: sha512-([^}, ]+)/gm)].map(([, name, hash = '']) => [
    name,
    Buffer.from(hash, 'base64').toString('hex'),
  ]),
);

it('CONTRIBUTING.md says licence and installer scripts of each dependency', () => {
  for (const folder of workspaces)
    for (const name of Object.keys({
      ...readManifest(folder).dependencies,
      ...readManifest(folder).devDependencies,
      ...readManifest(folder).optionalDependencies,
    })) {
      if (name.startsWith('@todo/')) continue;
      const row = table.get(name);
      expect(row?.reason, `the row of ${name}`).toBeTruthy();
      // Those of other systems are not installed.
      const [found] = [...everything.values()].filter((each) => each.name === name);
      const system = /(linux|darwin)-(x64|arm64)$/;
      if (!found && system.test(name)) continue;
      expect(row, name).toMatchObject({ licence: found?.license, script: (found && installerScripts(found).join(', ')) || 'none' });
    }
});

it('every installed package has an accepted licence and a hash in the lockfile', () => {
  expect(accepted).toContain('MIT');
  const refused = [...everything].filter(([, { license }]) => !license.split(' OR ').some((one) => accepted.includes(one)));
  expect(refused.map(([name, { license }]) => `${name}: ${license}`)).toEqual([]);
  expect([...everything.keys()].filter((name) => !hashes.has(name))).toEqual([]);
});

it('a package runs a script when it is installed only if pnpm-workspace.yaml allows it, and the table says so', () => {
  const answers = new Map(
    [...read('pnpm-workspace.yaml').matchAll(/^ {2}"?([^\s"]+)"?: (true|false)$/gm)].map(([, name, answer]) => [name, answer === 'true']),
  );
  const scripted = [...everything.values()].filter((each) => installerScripts(each).length > 0).map(({ name }) => name);
  expect(scripted.filter((name) => !answers.has(name))).toEqual([]);
  const allowed = [...answers].filter(([, isAllowed]) => isAllowed).map(([name]) => name);
  expect(allowed).toEqual([...table].filter(([, { script }]) => script !== 'none').map(([name]) => name));
});

const bom = z.object({
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.literal('1.6'),
  serialNumber: z.string().regex(/^urn:uuid:[0-9a-f-]{36}$/),
  version: z.literal(1),
  metadata: z.object({ timestamp: z.iso.datetime(), component: z.object({ type: z.literal('application'), name: z.literal('todo') }) }),
  components: z.array(
    z.object({
      group: z.string().default(''),
      name: z.string(),
      version: z.string(),
      purl: z.string().startsWith('pkg:npm/'),
      'bom-ref': z.string(),
      licenses: z.array(z.object({ license: z.object({ id: z.string() }) })).length(1),
      externalReferences: z.array(z.object({ type: z.string(), hashes: z.array(z.object({ alg: z.string(), content: z.string() })).default([]) })).default([]),
    }),
  ),
  dependencies: z.array(z.object({ ref: z.string(), dependsOn: z.array(z.string()).default([]) })),
});

it('the bill of materials names each package that runs, with its licence and the hash of the lockfile, and no other', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'sbom.json');
  await run('npm', ['run', '--silent', 'sbom', '--', '--out', path], { cwd: root });
  const { components, dependencies } = bom.parse(JSON.parse(readFileSync(path, 'utf8')));
  const foreign = components.filter(({ group }) => group !== '@todo');
  const found = foreign.map(({ group, name, version, licenses, externalReferences }) => ({
    name: `${group && `${group}/`}${name}@${version}`,
    licence: licenses[0]?.license.id,
    hash: externalReferences.find(({ type }) => type === 'distribution')?.hashes.find(({ alg }) => alg === 'SHA-512')?.content,
  }));
  const expected = [...production].map(([name, { license }]) => ({ name, licence: license, hash: hashes.get(name) }));
  const byName = (left: { name: string }, right: { name: string }) => (left.name < right.name ? -1 : 1);
  expect(found.sort(byName)).toEqual(expected.sort(byName));
  const refs = new Set(dependencies.map(({ ref }) => ref));
  expect([...components.map((each) => each['bom-ref']), ...dependencies.flatMap(({ dependsOn }) => dependsOn)].filter((ref) => !refs.has(ref))).toEqual([]);
});

it('a start installs what runs, and no tool', async () => {
  using folder = temporaryFolder();
  for (const part of ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', 'patches', 'tools'])
    cpSync(join(root, part), join(folder.path, part), { recursive: true, verbatimSymlinks: true });
  for (const workspace of workspaces.slice(1)) {
    const copy = join(folder.path, workspace.slice(root.length));
    mkdirSync(copy, { recursive: true });
    cpSync(join(workspace, 'package.json'), join(copy, 'package.json'));
  }
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, npm_config_prefer_offline: 'true' };
  await run('npm', ['run', '--silent', 'setup:production'], { cwd: folder.path, env });
  const store = join(folder.path, 'node_modules', '.pnpm');
  const there = readdirSync(store).flatMap((name) => {
    const modules = join(store, name, 'node_modules');
    // A folder of the store is named after the package in it.
    const [, scope, plain = ''] = /^(?:(@[^+]+)\+)?([^@]+)@\d/.exec(name) ?? [];
    const manifest = plain && readManifest(join(modules, scope ?? '', plain));
    return manifest ? [`${manifest.name}@${manifest.version}`] : [];
  });
  expect([...new Set(there)].sort()).toEqual([...production.keys()].sort());
});

it('pnpm is not run if the registry serves another program than the one whose hash is here', async () => {
  using folder = temporaryFolder();
  cpSync(join(root, 'tools'), join(folder.path, 'tools'), { recursive: true, filter: (path) => basename(path) !== 'node_modules' });
  const forged = join(folder.path, 'package');
  mkdirSync(forged);
  const { exe, version } = z
    .object({ optionalDependencies: z.record(z.string(), z.string()) })
    .transform(({ optionalDependencies }) => ({ exe: `@pnpm/exe.linux-${process.arch}`, version: optionalDependencies['@pnpm/exe.linux-x64'] ?? '' }))
    .parse(JSON.parse(read('tools/pnpm/package.json')));
  writeFileSync(join(forged, 'package.json'), JSON.stringify({ name: exe, version }));
  writeFileSync(join(forged, 'pnpm'), '#!/bin/sh\necho forged\n');
  chmodSync(join(forged, 'pnpm'), 0o755);
  await run('tar', ['czf', 'forged.tgz', 'package'], { cwd: folder.path });
  const tarball = readFileSync(join(folder.path, 'forged.tgz'));
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  await using server = createServer(({ url, headers }, answer) => {
    const dist = { tarball: `http://${headers.host}/forged.tgz`, integrity };
    if (url?.endsWith('.tgz')) answer.end(tarball);
    else answer.end(JSON.stringify({ name: exe, 'dist-tags': { latest: version }, versions: { [version]: { name: exe, version, dist } } }));
  });
  const port = await freePort();
  await once(server.listen(port, '127.0.0.1'), 'listening');
  const env = {
    PATH: process.env.PATH,
    HOME: folder.path,
    npm_config_registry: `http://127.0.0.1:${port}/`,
    npm_config_cache: join(folder.path, 'cache'),
    npm_config_fetch_retries: '0',
  };
  const start = () => run('sh', [join(folder.path, 'tools', 'pnpm.sh'), '--version'], { env });
  await expect(start()).rejects.toMatchObject({ stdout: '', stderr: expect.stringContaining('has another program than the one whose hash is in') });

  // With its hash the same program runs, so it was the hash that stopped it.
  const lock = join(folder.path, 'tools', 'pnpm', 'package-lock.json');
  writeFileSync(lock, readFileSync(lock, 'utf8').replaceAll(/sha512-[^"]+/g, integrity));
  expect(await start()).toMatchObject({ stdout: 'forged\n' });
});
