import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { listen, startTestApi } from '../testing/api.ts';

const run = promisify(execFile);

/** The last version whose package holds the generator itself, which is a program in Java. */
const GENERATOR = '@openapitools/openapi-generator-cli@1.0.18-4.3.1';
/** Only the client itself, and by a compiler that starts fast. */
const JAVA_OPTS = '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -DmodelTests=false -DapiTests=false -DmodelDocs=false -DapiDocs=false';
const PYTHON = '/usr/bin/python3';
const packages = 'default-jre-headless python3-certifi python3-dateutil python3-six python3-urllib3';

const succeeds = (program: string, args: string[]) => spawnSync(program, args).status === 0;
const hasPrograms = succeeds('java', ['-version']) && succeeds(PYTHON, ['-c', 'import certifi, dateutil, six, urllib3']);
if (!hasPrograms) console.log(`Skipped the test of a generated client. To run it: apt-get install ${packages}`);

it.skipIf(!hasPrograms)('a client in Python, generated from /openapi.json, signs up, creates, lists and edits tasks, and reads a refusal', async () => {
  await using api = await startTestApi();
  await using server = await listen((request) => api.handle(request), { host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${server.port}`;
  const folder = mkdtempSync(join(tmpdir(), 'todo-python-'));
  using _ = { [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
  writeFileSync(join(folder, 'openapi.json'), await (await fetch(`${url}/openapi.json`)).text());
  const generate = ['generate', '-g', 'python', '--package-name', 'todo_client', '-i', 'openapi.json', '-o', '.'];
  await run('npm', ['exec', '--yes', '--prefer-offline', `--package=${GENERATOR}`, '--', 'openapi-generator', ...generate], {
    cwd: folder,
    env: { ...process.env, JAVA_OPTS },
  });
  const program = join(import.meta.dirname, '..', 'testing', 'rest-client.py');
  const { stdout } = await run(PYTHON, [program, url], { cwd: folder, env: { PYTHONPATH: folder } });
  expect(JSON.parse(stdout)).toEqual({
    all: ['Read a book', 'Buy oat milk'],
    shop: ['Buy oat milk'],
    version: 2,
    due: '2026-01-31',
    refused: 'VERSION_CONFLICT',
  });
});
