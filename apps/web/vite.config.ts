import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { evaluated } from '@todo/client/build';
import { defineConfig, type Plugin } from 'vite';

const API = 'http://localhost:3000';

/** Texts that react-aria brings along in other languages than that of the page. */
const withoutOtherLanguages = (): Plugin => ({
  name: 'without-other-languages',
  load: (id) => (/\/intl\/.*\/(?!en-US)[a-z]{2}-[A-Z]{2}\.m?js$/.test(id) ? 'export default {}' : null),
});

/** Tells the service worker which files to keep. */
const serviceWorker = (): Plugin => ({
  name: 'service-worker',
  apply: 'build',
  generateBundle(_, bundle) {
    const files = ['./', ...Object.keys(bundle).filter((name) => name.startsWith('assets/'))];
    const source = `const FILES = ${JSON.stringify(files)};\n${readFileSync(join(import.meta.dirname, 'service-worker.js'), 'utf8')}`;
    this.emitFile({ type: 'asset', fileName: 'service-worker.js', source });
  },
});

/** Compresses the built files once, so that the server need not. */
const compressed = (): Plugin => ({
  name: 'compressed',
  apply: 'build',
  writeBundle({ dir = '' }) {
    for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
      if (!/\.(html|js|css|svg)$/.test(name)) continue;
      const path = join(dir, name);
      const content = readFileSync(path);
      writeFileSync(`${path}.br`, brotliCompressSync(content));
      writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
    }
  },
});

export default defineConfig({
  // Relative addresses, so that the page works below a path such as https://host/todo.
  base: './',
  plugins: [evaluated, withoutOtherLanguages(), serviceWorker(), compressed()],
  // The policy of the server allows no data: addresses of fonts and scripts.
  build: { assetsInlineLimit: 0, modulePreload: { polyfill: false }, target: 'es2023' },
  server: { proxy: Object.fromEntries(['/api', '/trpc', '/export'].map((path) => [path, API])) },
});
