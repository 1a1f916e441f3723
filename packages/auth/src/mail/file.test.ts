import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createMailFile } from './file.ts';
import type { Mail } from './mail.ts';

const mail = { id: 'a-mail', to: 'ada@example.com', subject: 'Hello', text: 'http://localhost:3000/#/reset-password?token=x' };

function startFile() {
  const folder = mkdtempSync(join(tmpdir(), 'todo-mails-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'data', 'mails.txt');
  const shown: Mail[] = [];
  const transport = createMailFile(path, (each) => shown.push(each));
  return { folder, path, shown, send: () => transport.send(mail, new AbortController().signal) };
}

it('each mail is shown, and kept in a file that only this user can read', async () => {
  const { path, shown, send } = startFile();
  for (let i = 0; i < 2; i += 1) expect(await send()).toEqual({ outcome: 'sent' });
  const { id: _, ...told } = mail;
  expect(shown).toEqual([told, told]);
  expect(readFileSync(path, 'utf8').match(/To: ada@example\.com\nSubject: Hello\n\nhttp:\S+token=x\n/g)).toHaveLength(2);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it('a file of more than a megabyte is begun anew', async () => {
  const { path, send } = startFile();
  await send();
  writeFileSync(path, 'x'.repeat(1_000_001));
  await send();
  expect(statSync(path).size).toBeLessThan(1_000);
});

it('a mail that cannot be kept is shown all the same', async () => {
  const { folder, shown, send } = startFile();
  writeFileSync(join(folder, 'data'), 'no folder');
  expect(await send()).toEqual({ outcome: 'unknown', reason: expect.stringMatching(/^E[A-Z]+$/) });
  expect(shown).toHaveLength(1);
});
