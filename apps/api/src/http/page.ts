import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';

const YEAR_SECONDS = 31_536_000;

/** Routes of the page that Vite has built into this folder, for an API at `baseUrl`; undefined if there is none. */
export function readPage(root: string, baseUrl: string): Hono | undefined {
  const path = join(root, 'index.html');
  if (!existsSync(path)) return undefined;
  // A browser would resolve relative addresses at https://host/todo as at https://host/.
  const html = readFileSync(path, 'utf8').replaceAll('"./assets/', `"${new URL(baseUrl).pathname.replace(/\/$/, '')}/assets/`);
  const serve = serveStatic({ root, precompressed: true });
  const page = new Hono();
  // Asked for each time, because they name the other files. Those have other names when their content changes.
  page.get('/', (c) => c.html(html, 200, { 'cache-control': 'no-cache' }));
  for (const [route, cacheControl] of [
    ['/service-worker.js', 'no-cache'],
    ['/assets/*', `public, max-age=${YEAR_SECONDS}, immutable`],
  ] as const)
    page.get(route, async (c, next) => {
      const answer = await serve(c, next);
      if (answer instanceof Response) answer.headers.set('cache-control', cacheControl);
      return answer;
    });
  return page;
}
