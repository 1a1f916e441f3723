import { setTimeout as delay } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { createTestDatabase, freePort, upgradeUnderTraffic } from '@todo/db/testing';
import { describe, expect, inject, it } from 'vitest';
import { Traffic } from '../testing/drill/traffic.ts';
import { type Program, start, stop } from '../testing/program.ts';
import { isInstalled, proxyPlace, startProxy } from '../testing/proxy.ts';

const isLong = inject('drills') === 'long';
/** nginx leaves out a server that refused a connection for ten seconds. HAProxy asks each server every second. */
const proxies = [
  { name: 'nginx', pauseMs: 11_000 },
  { name: 'haproxy', pauseMs: 3_000 },
] as const;
const RESTARTS = isLong ? 10 : 2;

describe.each(proxies)('two instances behind $name', ({ name, pauseMs }) => {
  it.skipIf(!isInstalled(name))(
    `are restarted one after another, ${RESTARTS} times, after the next version has migrated the database, and no call fails`,
    async () => {
      await using database = await createTestDatabase();
      const at = await proxyPlace();
      const settings = {
        DATABASE_URL: database.appUrl,
        PUBLIC_URL: `https://127.0.0.1:${at.port}`,
        CLIENT_ADDRESS_FROM: 'x-forwarded-for',
        BETTER_AUTH_SECRET: 's'.repeat(32),
        TODO_DATA_DIR: '/nonexistent',
        STOP_DELAY_SECONDS: '3',
        SIGN_INS_PER_MINUTE: '0',
      };
      const ports = [await freePort(), await freePort()] as const;
      const instances = new Map<number, Program>();
      const launch = async (port: number) => void instances.set(port, await start({ ...settings, PORT: String(port) }));
      try {
        await Promise.all(ports.map(launch));
        await using proxy = await startProxy(name, at, [ports[0], ports[1]]);
        setDefaultCACertificates([...getCACertificates('default'), proxy.certificate]);
        const traffic = await Traffic.start(proxy.url, { people: isLong ? 12 : 8, pauseMs: isLong ? 50 : 60, streams: 3 });
        await delay(1_000);
        // The instances then restart as the version before: that is what a rollback is.
        await upgradeUnderTraffic(database);
        const ends: (number | string | null)[] = [];
        for (let restart = 0; restart < RESTARTS; restart += 1) {
          const port = ports[restart % 2] ?? 0;
          const program = instances.get(port);
          if (program) ends.push(await stop(program));
          await launch(port);
          await delay(isLong ? 15_000 : pauseMs);
        }
        const verdict = await traffic.end();
        console.info(name, JSON.stringify(verdict));
        expect(ends).toEqual(Array(RESTARTS).fill(0));
        expect(verdict).toMatchObject({ failures: {}, lost: 0, refusedButThere: 0, twice: 0, foreign: 0, unseen: 0 });
      } finally {
        for (const program of instances.values()) await stop(program, 'SIGKILL');
      }
    },
  );
});
