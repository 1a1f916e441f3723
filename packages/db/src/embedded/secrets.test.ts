import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { testBinDir } from '../testing/database.ts';
import { runningServer } from './cluster.ts';
import { startEmbedded } from './embedded.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'todo-secrets-'));
const secrets = join(dataDir, 'secrets.json');
const options = { dataDir, binDir: testBinDir(), volatile: true };

beforeAll(async () => (await startEmbedded(options)).stop());
afterAll(() => rmSync(dataDir, { recursive: true }));

it('a database whose secrets are missing is left alone, and no others are made for it', async () => {
  renameSync(secrets, `${secrets}.away`);
  await expect(startEmbedded(options)).rejects.toThrow(`${secrets} is missing`);
  expect(existsSync(secrets)).toBe(false);
  renameSync(`${secrets}.away`, secrets);
  await (await startEmbedded(options)).stop();
});

it('secrets of another database are refused as such, and nothing is left running', async () => {
  const right = readFileSync(secrets, 'utf8');
  writeFileSync(secrets, right.replace(/[0-9a-f]{64}/g, '0'.repeat(64)));
  await expect(startEmbedded(options)).rejects.toThrow('are not those of the database in the same folder');
  expect(runningServer(dataDir)).toBeUndefined();
  writeFileSync(secrets, right);
  await (await startEmbedded(options)).stop();
});
