import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { startTestApi, type TestApi } from '../testing/api.ts';
import { restOperations } from '../testing/rest.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const operation = z.object({
  operationId: z.string(),
  summary: z.string(),
  description: z.string().optional(),
  parameters: z.array(z.object({ name: z.string(), description: z.string().optional() })).optional(),
});
const document = z.object({
  openapi: z.literal('3.0.3'),
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.object({ schemas: z.record(z.string(), z.looseObject({ properties: z.record(z.string(), z.unknown()).optional() })) }),
});
const read = async () => (await api.fetch('/openapi.json')).text();

it('describes every operation in words, and those of signing in', async () => {
  const { paths } = document.parse(JSON.parse(await read()));
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => `${operationId} ${method} ${path}`),
  );
  const account = ['signUp post /api/auth/sign-up/email', 'signIn post /api/auth/sign-in/email'];
  expect(described.sort()).toEqual(
    [...account, ...[...restOperations.values()].map(({ procedure, method, path }) => `${procedure.replace('.', '_')} ${method} /api/v1${path}`)].sort(),
  );
  const all = Object.values(paths).flatMap((methods) => Object.values(methods));
  expect(all.filter(({ summary }) => !/^[A-Z].{10}/.test(summary)).map(({ operationId }) => operationId)).toEqual([]);
  const filters = new Map(paths['/api/v1/tasks']?.get?.parameters?.map(({ name, description }) => [name, description]));
  expect([filters.get('overdueOn'), filters.get('due.from'), filters.get('due')]).toEqual([
    expect.stringMatching(/^Only open tasks that were due/),
    expect.stringMatching(/^Only tasks due on/),
    expect.stringMatching(/^Only tasks due on/),
  ]);
  expect(paths['/api/v1/tasks/{id}']?.patch?.description).toContain('VERSION_CONFLICT');
});

it('names what it refers to, and each limit of a text', async () => {
  const text = await read();
  const { schemas } = document.parse(JSON.parse(text)).components;
  const names = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, name = '']) => name);
  expect(new Set(names.map((name) => name.replace('#/components/schemas/', '')))).toEqual(new Set(Object.keys(schemas)));
  expect(schemas.TasksEditInput?.properties).toMatchObject({
    title: { type: 'string', minLength: 1, maxLength: 500, description: '1 to 500 characters, not blank.' },
    dueDate: { format: 'date', nullable: true },
  });
  expect(schemas.Task?.properties).toHaveProperty('version');
  expect(text).not.toMatch(/userId|"default":null|9007199254740991/);
});

it('a page shows it and tries it, from this server alone', async () => {
  const page = await api.fetch('/api/docs');
  const html = await page.text();
  const assets = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path);
  expect(assets).toEqual(['docs/swagger-ui.css', 'docs/swagger-ui-bundle.js', 'docs/start.js']);
  for (const path of assets) {
    const asset = await api.fetch(`/api/${path}`, { headers: { 'accept-encoding': 'gzip' } });
    expect([asset.status, asset.headers.get('content-type')]).toEqual([200, path.endsWith('.css') ? 'text/css' : 'text/javascript']);
  }
  expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
  expect(html).not.toMatch(/https?:\/\/|<script>/);
});

it('the files of its page are compressed once', async () => {
  const ask = () => api.fetch('/api/docs/swagger-ui-bundle.js', { headers: { 'accept-encoding': 'br, gzip' } });
  const answers = await Promise.all([ask(), ask()]);
  const [first, again] = await Promise.all(answers.map(async (answer) => Buffer.from(await answer.arrayBuffer())));
  expect(answers.map(({ headers }) => [headers.get('content-encoding'), headers.get('vary'), headers.get('content-length')])).toEqual(
    [first, again].map((body) => ['gzip', 'Accept-Encoding', String(body?.length)]),
  );
  const plain = await api.fetch('/api/docs/swagger-ui-bundle.js', { headers: { 'accept-encoding': 'identity' } });
  expect(plain.headers.get('content-encoding')).toBe(null);
  expect(gunzipSync(first ?? '').toString()).toBe(await plain.text());
});
