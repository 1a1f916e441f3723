import { randomUUID } from 'node:crypto';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { BODY_MAX_BYTES, USER_HEADER } from '@todo/contract';
import { createTestDatabase, freePort } from '@todo/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWatch } from '../testing/events.ts';
import { client, start, stop } from '../testing/program.ts';
import { isInstalled, proxyNames, proxyPlace, startProxy } from '../testing/proxy.ts';

const absent = proxyNames.filter((name) => !isInstalled(name));
if (absent.length > 0) console.log(`Skipped the tests behind ${absent.join(', ')}. To run them: apt-get install openssl ${absent.join(' ')}`);

/** Two instances on one database, for a proxy at this place. */
async function deploy() {
  await using cleanUp = new AsyncDisposableStack();
  const database = cleanUp.use(await createTestDatabase());
  const place = await proxyPlace();
  const settings = {
    DATABASE_URL: database.appUrl,
    PUBLIC_URL: `https://127.0.0.1:${place.port}`,
    CLIENT_ADDRESS_FROM: 'x-forwarded-for',
    BETTER_AUTH_SECRET: randomUUID(),
    TODO_DATA_DIR: '/nonexistent',
  };
  const launch = async () => {
    const port = await freePort();
    const program = await start({ ...settings, PORT: String(port) });
    cleanUp.defer(() => stop(program, 'SIGKILL').then(() => {}));
    return { port, program };
  };
  const [one, two] = [await launch(), await launch()];
  const kept = cleanUp.move();
  return { place, one, two, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

let deployed: Awaited<ReturnType<typeof deploy>>;
beforeAll(async () => {
  deployed = await deploy();
});
afterAll(() => deployed[Symbol.asyncDispose]());

describe.each(proxyNames)('behind %s', (name) => {
  it.skipIf(absent.includes(name))('both instances serve over TLS: calls, streams, refusals, and the address of the client', async () => {
    const { place } = deployed;
    const programs = [deployed.one.program, deployed.two.program];
    await using proxy = await startProxy(name, place, [deployed.one.port, deployed.two.port]);
    setDefaultCACertificates([...getCACertificates('default'), proxy.certificate]);
    const send = (path: string, init?: RequestInit) => fetch(`${proxy.url}${path}`, init);

    const email = `${randomUUID()}@example.com`;
    const body = JSON.stringify({ name: 'Ada', email, password: 'correct horse battery' });
    const json = { 'content-type': 'application/json' };
    const signedUp = await send('/api/auth/sign-up/email', { method: 'POST', headers: { ...json, 'x-forwarded-for': '203.0.113.7' }, body });
    expect(signedUp.status).toBe(200);
    const headers = { authorization: `Bearer ${signedUp.headers.get('set-auth-token')}` };
    expect(await (await send('/api/auth/list-sessions', { headers })).json()).toMatchObject({ sessions: [{ ipAddress: '127.0.0.1' }] });

    await using watch = await openWatch(send, headers, {});
    await watch.next();
    for (const program of programs) {
      const ada = client(program, email);
      await ada.signIn();
      const { id } = await ada.create('Buy milk');
      expect(await watch.next()).toMatchObject({ changes: [{ id, value: { title: 'Buy milk' } }] });
    }

    const said = programs.map((program) => program.output().length);
    const ada = client({ ...deployed.one.program, url: proxy.url }, email);
    await ada.signIn();
    // At once: a proxy that looks for the fewest connections would send one after the other to the instance without the stream.
    await Promise.all(Array.from({ length: 10 }, (_, i) => ada.create(`Task ${i}`)));
    expect(await ada.titles()).toHaveLength(12);
    // Lines of the log are written a moment later.
    for (const [i, program] of programs.entries()) await expect.poll(() => program.output().slice(said[i])).toContain('/trpc/tasks.create');

    const tooLarge = await send('/trpc/tasks.create', { method: 'POST', headers: { ...json, ...headers }, body: 'x'.repeat(BODY_MAX_BYTES + 1) });
    expect(tooLarge.status).toBe(413);
    expect(await tooLarge.json()).toMatchObject({ error: { data: { reason: 'TOO_LARGE' } } });
    const otherUser = await send('/trpc/tasks.list', { headers: { ...headers, [USER_HEADER]: randomUUID() } });
    expect(await otherUser.json()).toMatchObject({ error: { data: { reason: 'USER_CHANGED' } } });
    const plain = await fetch(`${proxy.plainUrl}/trpc/tasks.list`, { redirect: 'manual' });
    expect([301, 308]).toContain(plain.status);
    expect(plain.headers.get('location')).toMatch(/^https:/);
  });
});
