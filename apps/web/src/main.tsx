import '@fontsource-variable/figtree/wght.css';
import './styles/base.css';
import './styles/shell.css';
import './styles/tasks.css';
import './styles/detail.css';
import './styles/pages.css';
import { createTodoClient } from '@todo/client';
import { TodoProvider } from '@todo/client/react';
import { createReplica, indexedDbStorage } from '@todo/client/replica';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { isLeaving, leave } from './data/leaving.ts';
import { Failure } from './parts/failure.tsx';
import { texts } from './texts.ts';

// This file is in a folder beside the API, whatever the path of its address is.
const url = new URL('..', import.meta.url).href;
// The service worker is in charge of the address with the slash.
if (`${location.pathname}/` === new URL(url).pathname) history.replaceState(null, '', url + location.hash);
if (import.meta.env.PROD && 'serviceWorker' in navigator) void navigator.serviceWorker.register(`${url}service-worker.js`).catch(() => {});

// Where zod, which comes with the import of files, reads its settings when it is loaded. Without them it tries whether it may make code from texts, which the policy
// of the server refuses and the browser reports.
Object.assign(globalThis, { __zod_globalConfig: { jitless: true } });

const client = createTodoClient({ url, session: 'cookie' });
const element = document.getElementById('root');
const root = element && createRoot(element);
if (isLeaving()) {
  root?.render(
    <main className="opening">
      <h1>{texts.account.leaving}</h1>
    </main>,
  );
  await leave(client);
}
const replica = createReplica(client, { storage: indexedDbStorage() });

root?.render(
  <Failure>
    <TodoProvider client={client} replica={replica}>
      <App client={client} />
    </TodoProvider>
  </Failure>,
);
