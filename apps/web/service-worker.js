// Keeps the files of the page, so that it opens without the server. The build writes their names, FILES, above this text: they change with the content, and a browser
// installs a worker whose text has changed. The API's answers are not kept here: the replica keeps the data.
// Other applications of this origin have caches too.
const OURS = `todo ${registration.scope} `;
const CACHE = `${OURS}${FILES.join(' ')}`;
const WAIT_MS = 3_000;

addEventListener('install', (event) => {
  const keep = async () => {
    const cache = await caches.open(CACHE);
    await cache.addAll(FILES);
    await skipWaiting();
  };
  event.waitUntil(keep());
});

addEventListener('activate', (event) => {
  const tidy = async () => {
    const names = await caches.keys();
    // The page that is open may still ask for files of the version before, which the server no longer has.
    const former = names.filter((name) => name.startsWith(OURS) && name !== CACHE).slice(0, -1);
    await Promise.all(former.map((name) => caches.delete(name)));
    await clients.claim();
  };
  event.waitUntil(tidy());
});

/** The server knows the newest page, so it is asked first; not for long, as a network may be there that leads nowhere. */
async function page(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match('./');
  const answer = await fetch(request, kept ? { signal: AbortSignal.timeout(WAIT_MS) } : {}).catch(() => undefined);
  const isThere = answer !== undefined && answer.status < 500;
  return isThere ? answer : (kept ?? answer ?? Response.error());
}

addEventListener('fetch', (event) => {
  const { request } = event;
  const address = request.url.replace(/[?#].*/, '');
  if (request.mode === 'navigate' && address === registration.scope) event.respondWith(page(request));
  else if (address.startsWith(`${registration.scope}assets/`)) event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
});
