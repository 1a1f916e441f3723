import { setTimeout as delay } from 'node:timers/promises';
import { freePort, startPair, testBinDir } from '@todo/db/testing';
import { expect, inject, it } from 'vitest';
import { Traffic } from '../testing/drill/traffic.ts';
import { start, stop } from '../testing/program.ts';

const FAILOVERS = inject('drills') === 'long' ? 6 : 2;

it(`a primary is killed and its standby promoted, ${FAILOVERS} times in turn: nothing acknowledged is lost, and changes go on at once`, async () => {
  await using pair = await startPair(testBinDir());
  const settings = { DATABASE_URL: pair.appUrl, DATABASE_MIGRATION_URL: pair.ownerUrl, BETTER_AUTH_SECRET: 's'.repeat(32) };
  const program = await start({ ...settings, PORT: String(await freePort()), TODO_DATA_DIR: '/nonexistent', SIGN_INS_PER_MINUTE: '0' });
  try {
    const traffic = await Traffic.start(program.url, { people: 8, pauseMs: 30, streams: 2 });
    for (let failover = 1; failover <= FAILOVERS; failover += 1) {
      await traffic.recovered();
      traffic.since();
      await delay(500);
      await pair.failOver();
      const recovery = await traffic.recovered();
      console.info(`failover ${failover}: ${JSON.stringify({ ...traffic.since(), recovery })}`);
      await expect.poll(() => fetch(`${program.url}/readyz`).then(({ status }) => status)).toBe(200);
      await pair.bringBack();
    }
    const { lost, refusedButThere, twice, foreign, unseen } = await traffic.end();
    expect({ lost, refusedButThere, twice, foreign, unseen }).toEqual({ lost: 0, refusedButThere: 0, twice: 0, foreign: 0, unseen: 0 });
  } finally {
    await stop(program, 'SIGKILL');
  }
});
