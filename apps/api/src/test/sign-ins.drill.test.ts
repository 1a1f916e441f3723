import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createTestDatabase, freePort, inspect, script, type TestDatabase } from '@todo/db/testing';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { ADDRESS_HEADER, addressOf } from '../testing/load/attacks.ts';
import { percentile, watch } from '../testing/load/bystander.ts';
import { type MailServer, startMailServer } from '../testing/mail-server.ts';
import { client, type Program, start, stop } from '../testing/program.ts';

const isLong = inject('drills') === 'long';
/** Half of them sign in, half reset their password. */
const PEOPLE = isLong ? 200 : 40;
/** How long the bystander is alone, in ms. */
const ALONE = isLong ? 10_000 : 500;
/** In ms. Beside the rest of the suite the test itself may have to wait for a processor. */
const READY_WITHIN = isLong ? 1_000 : 60_000;
const PASSWORD = 'correct horse battery';
const NEW_PASSWORD = 'another horse battery';

const emailOf = (i: number) => `person${i}@example.com`;
const resets = (i: number) => i % 2 === 1;
const people = Array.from({ length: PEOPLE }, (_, i) => i);

let database: TestDatabase;
let mailServer: MailServer;
let program: Program;
let ada: ReturnType<typeof client>;

const post = (path: string, body: object, i: number) => {
  const headers = { 'content-type': 'application/json', [ADDRESS_HEADER]: addressOf(i) };
  return fetch(`${program.url}/api/auth/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
};

/** Tries again, as long as it is told to, until the response is another. */
async function untilAdmitted(ask: () => Promise<Response>): Promise<{ status: number; refusals: number }> {
  for (let refusals = 0; ; refusals += 1) {
    const answer = await ask();
    await answer.arrayBuffer();
    if (answer.status !== 429) return { status: answer.status, refusals };
    await delay(Number(answer.headers.get('retry-after')) * 1_000);
  }
}

beforeAll(async () => {
  database = await createTestDatabase();
  mailServer = await startMailServer();
  program = await start({
    PORT: String(await freePort()),
    DATABASE_URL: database.appUrl,
    DATABASE_MIGRATION_URL: database.ownerUrl,
    BETTER_AUTH_SECRET: randomUUID().repeat(2),
    CLIENT_ADDRESS_FROM: ADDRESS_HEADER,
    MAIL_URL: mailServer.url,
    MAIL_FROM: 'todo@example.com',
  });
  ada = client(program, 'ada@example.com');
  await ada.signUp();
  // With the password of Ada. Signing all of them up would hash it for each.
  await script(
    database.superuserUrl,
    `with people as (select i, gen_random_uuid() as id from generate_series(0, ${PEOPLE - 1}) i), users as (
       insert into "user" (id, name, email, email_verified, created_at, updated_at) select id, 'Person', 'person' || i || '@example.com', true, now(), now() from people)
     insert into account (id, user_id, account_id, provider_id, password, created_at, updated_at)
       select gen_random_uuid(), people.id, people.id, provider_id, password, now(), now() from people, account`,
  );
});
afterAll(async () => {
  await stop(program, 'SIGKILL');
  await mailServer[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

it(`${PEOPLE} sign-ins and resets at once all succeed in the end, and fail nobody else`, { timeout: 600_000 }, async () => {
  const tokens = new Map<string, string>();
  await Promise.all(people.filter(resets).map((i) => post('request-password-reset', { email: emailOf(i) }, i)));
  const collect = () => {
    for (const { to, text } of mailServer.received) {
      const token = /\/#\/reset-password\?token=(\w+)/.exec(text)?.[1];
      if (token) tokens.set(to.join(), token);
    }
    return tokens.size;
  };
  await expect.poll(collect, { timeout: 120_000 }).toBe(PEOPLE / 2);

  const watched = { url: program.url, pid: program.child.pid ?? 0, headers: ada.headers() };
  const aloneSince = performance.now();
  const alone = await watch(watched, READY_WITHIN, () => performance.now() - aloneSince > ALONE);

  const startedAt = performance.now();
  let isOver = false;
  const asked = Promise.all(
    people.map((i) =>
      untilAdmitted(() =>
        resets(i)
          ? post('reset-password', { token: tokens.get(emailOf(i)), newPassword: NEW_PASSWORD }, i)
          : post('sign-in/email', { email: emailOf(i), password: PASSWORD }, i),
      ),
    ),
  ).finally(() => {
    isOver = true;
  });
  const beside = await watch(watched, READY_WITHIN, () => isOver);
  const answers = await asked;
  const seconds = (performance.now() - startedAt) / 1_000;
  if (isLong) {
    const ms = (latencies: number[]) => percentile(latencies, 0.95).toFixed(0);
    const refused = answers.filter(({ refusals }) => refusals > 0).length;
    console.log({ p95Alone: ms(alone.latencies), p95Beside: ms(beside.latencies), seconds, refused, memory: beside.memory });
  }

  expect(answers.map(({ status }) => status)).toEqual(people.map(() => 200));
  expect(answers.some(({ refusals }) => refusals > 0)).toBe(true);
  expect(beside.failures).toEqual([]);
  expect(beside.unready).toEqual([]);

  const stored = await inspect(database.superuserUrl, `select count(distinct password)::integer as hashes from account`);
  expect(stored).toEqual([{ hashes: 1 + PEOPLE / 2 }]);
  const statusOf = async (password: string) => (await post('sign-in/email', { email: emailOf(1), password }, 1)).status;
  expect([await statusOf(PASSWORD), await statusOf(NEW_PASSWORD)]).toEqual([401, 200]);
});
