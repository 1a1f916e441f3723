import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { rolldown } from 'rolldown';
import { type Network, openNetwork } from './network.ts';
import { WATCH_PATH } from './replica.ts';

/** A page on the server's own origin, behind one network for each browser. */
export interface Site extends AsyncDisposable {
  networks: Network[];
  /** The origins of these, for the server to trust. */
  origins: string[];
  /** What is not the page goes to this address. */
  forwardTo(url: string): void;
  /** The number of open streams of changes. */
  streams(): number;
}

/** The path of the page. Its script is the bundle. */
export const PAGE_PATH = '/page';
const SCRIPT_PATH = '/page.js';

/** Bundles a program and what it imports for browsers. */
async function bundled(file: string): Promise<string> {
  const bundle = await rolldown({ input: file, platform: 'browser', logLevel: 'silent', transform: { define: { 'process.env.NODE_ENV': '"production"' } } });
  const { output } = await bundle.generate({ format: 'esm', codeSplitting: false });
  await bundle.close();
  return output[0].code;
}

/** Serves a page that runs this TypeScript file. The browser keeps the page, so that it opens without a network too, as one with a service worker does. */
export async function openSite(file: string, browsers: number): Promise<Site> {
  const html = `<!doctype html><meta charset="utf-8"><title>Todo</title><div id="root"></div><script type="module" src="${SCRIPT_PATH}"></script>`;
  const files = new Map([
    [PAGE_PATH, { type: 'text/html', text: html }],
    [SCRIPT_PATH, { type: 'text/javascript', text: await bundled(file) }],
  ]);
  let target = new URL('http://127.0.0.1:9');
  let streams = 0;

  const forward = (incoming: IncomingMessage, response: ServerResponse) => {
    const { method, headers, url: path = '' } = incoming;
    const onward = request({ host: target.hostname, port: target.port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      response.flushHeaders();
      answer.pipe(response);
      answer.on('error', () => incoming.socket.destroy());
    });
    // A server that is gone is no connection, and not an answer.
    onward.on('error', () => incoming.socket.destroy());
    incoming.pipe(onward);
    if (path.startsWith(WATCH_PATH)) streams += 1;
    response.on('close', () => {
      if (path.startsWith(WATCH_PATH)) streams -= 1;
      onward.destroy();
    });
  };
  const server = createServer((incoming, response) => {
    const found = files.get(incoming.url?.split('?', 1)[0] ?? '');
    if (!found) return forward(incoming, response);
    response.writeHead(200, { 'content-type': found.type, 'cache-control': 'max-age=86400' });
    response.end(found.text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = address instanceof Object ? address.port : 0;
  const networks = await Promise.all(Array.from({ length: browsers }, () => openNetwork(() => port)));
  return {
    networks,
    origins: networks.map(({ url }) => url),
    forwardTo: (url) => {
      target = new URL(url);
    },
    streams: () => streams,
    [Symbol.asyncDispose]: async () => {
      for (const network of networks) await network[Symbol.asyncDispose]();
      server.closeAllConnections();
      await new Promise<void>((closed) => server.close(() => closed()));
    },
  };
}
