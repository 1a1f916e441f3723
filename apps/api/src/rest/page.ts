import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type Context, Hono } from 'hono';
import { html } from 'hono/html';

const compress = promisify(gzip);

const page = html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width" />
    <title>Todo API</title>
    <link rel="stylesheet" href="docs/swagger-ui.css" />
    <script src="docs/swagger-ui-bundle.js" defer></script>
    <script src="docs/start.js" type="module"></script>
  </head>
  <body id="page"></body>
</html>`;

/** The server may have other names than the one in the document; the page calls the one by which it was opened. */
const start = `const response = await fetch('../openapi.json');
const server = { url: new URL('..', location.href).href.replace(/\\/$/, '') };
SwaggerUIBundle({ spec: { ...(await response.json()), servers: [server] }, dom_id: '#page', deepLinking: true, tryItOutEnabled: true, validatorUrl: null });
`;

const CACHE = { 'cache-control': 'public, max-age=3600' };

/** A file, which is compressed once: anybody may ask for it, without an account. */
function createAsset(url: string, type: string): (c: Context) => Promise<Response> {
  let content: Promise<Record<'identity' | 'gzip', Buffer<ArrayBuffer>>> | undefined;
  const read = async () => {
    const identity = await readFile(fileURLToPath(url));
    return { identity, gzip: await compress(identity) };
  };
  return async (c) => {
    content ??= read();
    const bodies = await content;
    const headers = { ...CACHE, 'content-type': type, vary: 'Accept-Encoding' };
    if (!c.req.header('accept-encoding')?.includes('gzip')) return c.body(bodies.identity, 200, headers);
    return c.body(bodies.gzip, 200, { ...headers, 'content-encoding': 'gzip', 'content-length': String(bodies.gzip.length) });
  };
}

/** A page that shows the API and calls it, from this server's own files. */
export const docsPage = () =>
  new Hono()
    .get('/', (c) => c.html(page))
    .get('/start.js', (c) => c.body(start, 200, { ...CACHE, 'content-type': 'text/javascript' }))
    .get('/swagger-ui.css', createAsset(import.meta.resolve('swagger-ui-dist/swagger-ui.css'), 'text/css'))
    .get('/swagger-ui-bundle.js', createAsset(import.meta.resolve('swagger-ui-dist/swagger-ui-bundle.js'), 'text/javascript'));
