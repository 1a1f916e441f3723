import { randomUUID } from 'node:crypto';
import { createOutbox, createSmtp, type Delivery, type SecretOptions, startDelivery } from '@todo/auth';
import { openDatabase } from '@todo/db';
import { addOwner, createTestDatabase, inspect, type TestDatabase } from '@todo/db/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type MailServer, startMailServer } from '../testing/mail-server.ts';

const ADDRESS = 'ada@example.com';
const TEXT = 'https://todo.example/#/reset-password?token=a-secret-token';

let own: TestDatabase;
let mailServer: MailServer;
let userId: string;
let logged: string[];
let stack: AsyncDisposableStack;
const secret = randomUUID().repeat(2);

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  own = stack.use(await createTestDatabase());
  mailServer = stack.use(await startMailServer());
  userId = await addOwner(own);
  logged = [];
});
afterEach(async () => {
  await stack.disposeAsync();
  expect(logged.join()).not.toMatch(/@|token|todo\.example/);
});

async function startInstance(url = mailServer.url, secrets: SecretOptions = { secret }): Promise<Delivery> {
  const database = openDatabase(own.appUrl);
  stack.defer(() => database.close());
  const outbox = createOutbox(database.identity, secrets);
  const transport = await createSmtp({ url, from: 'Todo <todo@todo.example>' });
  return stack.use(startDelivery({ outbox, transport, log: (line) => logged.push(line), pollMs: 20 }));
}
const write = (delivery: Delivery, to = ADDRESS) => delivery.add(userId, { to, subject: 'Hello', text: TEXT });
const run = (text: string) => inspect(own.superuserUrl, text);
const makeDue = () => run('update mails set next_attempt_at = now() where begun_at is null');
const isEmpty = () => expect.poll(() => run('select from mails')).toEqual([]);
/** What another attempt would need: time to be claimed. */
const fewPolls = () => new Promise((resolve) => setTimeout(resolve, 300));

it('a mail is sent once, and then nothing of it is left', async () => {
  const delivery = await startInstance();
  await write(delivery);
  await isEmpty();
  expect(mailServer.received).toMatchObject([{ to: [ADDRESS], messageId: expect.stringMatching(/^<[\da-f-]{36}@todo\.example>$/) }]);
  expect(mailServer.received[0]?.text).toContain(TEXT);
  expect([delivery.figures().sent, logged]).toEqual([1, []]);
});

it('a mail that waits while the secret changes is sent as long as the former one is kept, and dropped after that', async () => {
  await mailServer.stop();
  const before = await startInstance();
  for (let i = 0; i < 2; i += 1) await write(before);
  await expect.poll(() => before.figures().postponed).toBe(2);
  await before[Symbol.asyncDispose]();
  await mailServer.start();
  await run('update mails set next_attempt_at = now() where id = (select id from mails limit 1)');
  const numberedSecrets = [{ version: 2, value: randomUUID().repeat(2) }];
  const during = await startInstance(mailServer.url, { secret, numberedSecrets });
  await expect.poll(() => during.figures().sent).toBe(1);
  await during[Symbol.asyncDispose]();
  await makeDue();
  const after = await startInstance(mailServer.url, { secret: randomUUID().repeat(2) });
  await expect.poll(() => after.figures().refused).toBe(1);
  await isEmpty();
});

it('while the mail server is down, mails wait; then each is sent', async () => {
  await mailServer.stop();
  const delivery = await startInstance();
  for (let i = 0; i < 3; i += 1) await write(delivery);
  await expect.poll(() => delivery.figures().postponed).toBe(3);
  await mailServer.start();
  await makeDue();
  await isEmpty();
  expect(mailServer.received).toHaveLength(3);
  expect(logged).toEqual(['A mail could not be sent, and is tried again: ESOCKET', 'Mails are sent again.']);
});

it.each(['busy', 'hang up'] as const)('a server that says %s has surely not taken the mail, which is tried again with growing pauses', async (behaviour) => {
  mailServer.behaviour = behaviour;
  const delivery = await startInstance();
  await write(delivery);
  const pauses = [];
  for (let attempt = 1; attempt <= 8; attempt += 1) {
    if (attempt > 1) await makeDue();
    await expect.poll(() => delivery.figures().postponed).toBe(attempt);
    await expect.poll(() => run('select from mails where begun_at is null')).toHaveLength(1);
    pauses.push((await run('select round(extract(epoch from next_attempt_at - now()) / 10)::int * 10 as pause from mails'))[0]?.pause);
  }
  expect(pauses).toEqual([10, 20, 40, 80, 160, 320, 600, 600]);
  mailServer.behaviour = 'take';
  await makeDue();
  await isEmpty();
  expect(new Set(mailServer.received.map(({ messageId }) => messageId)).size).toBe(1);
  expect(mailServer.received).toHaveLength(behaviour === 'busy' ? 9 : 1);
});

it('a wrong password of the server is no refusal of the mail', async () => {
  const delivery = await startInstance(mailServer.url.replace('secret', 'wrong'));
  await write(delivery);
  await expect.poll(() => delivery.figures().postponed).toBe(1);
  expect(logged).toEqual(['A mail could not be sent, and is tried again: EAUTH 535']);
});

it('a password is sent to another machine by TLS only', async () => {
  // A name of this machine that is none of those for which this does not hold.
  const delivery = await startInstance(mailServer.url.replace('127.0.0.1', '[::ffff:127.0.0.1]'));
  await write(delivery);
  await expect.poll(() => delivery.figures().postponed).toBe(1);
  expect([mailServer.received, logged]).toEqual([[], ['A mail could not be sent, and is tried again: ETLS 500']]);
});

it.each([
  ['die', 'unknown', /^A mail may have been lost, and is not sent again: E[A-Z]+$/],
  ['refuse', 'refused', /^A mail was refused: EMESSAGE 550$/],
] as const)('when the mail server has read the mail and then they %s, it is not sent again', async (behaviour, result, line) => {
  mailServer.behaviour = behaviour;
  const delivery = await startInstance();
  await write(delivery);
  await isEmpty();
  mailServer.behaviour = 'take';
  await fewPolls();
  expect([mailServer.received.length, delivery.figures()[result]]).toEqual([1, 1]);
  expect(logged).toEqual([expect.stringMatching(line)]);
});

it('several instances send each mail once', async () => {
  const first = await startInstance();
  const instances = [first, await startInstance(), await startInstance()];
  const addresses = Array.from({ length: 60 }, (_, i) => `ada-${i}@example.com`);
  await Promise.all(addresses.map(async (to, i) => write(instances[i % 3] ?? first, to)));
  await isEmpty();
  expect(mailServer.received.flatMap(({ to }) => to).sort()).toEqual(addresses.sort());
  expect(instances.filter((each) => each.figures().sent > 0).length).toBeGreaterThan(1);
});

it('a mail whose sender has ended is not sent by another, and is forgotten after an hour', async () => {
  mailServer.behaviour = 'busy';
  const delivery = await startInstance();
  await write(delivery);
  await expect.poll(() => delivery.figures().postponed).toBe(1);
  mailServer.behaviour = 'take';
  await run('update mails set begun_at = now(), next_attempt_at = now()');
  await fewPolls();
  expect(mailServer.received).toHaveLength(1);
  await run(`update mails set begun_at = now() - interval '6 minutes', created_at = now() - interval '61 minutes'`);
  await isEmpty();
  expect([mailServer.received.length, delivery.figures().unknown, logged.at(-1)]).toEqual([
    1,
    1,
    'A mail may have been lost: the server that was sending ended',
  ]);
});

it('what could not be sent for an hour is given up', async () => {
  await mailServer.stop();
  const delivery = await startInstance();
  await write(delivery);
  await expect.poll(() => delivery.figures().postponed).toBe(1);
  await run(`update mails set created_at = now() - interval '61 minutes'`);
  await isEmpty();
  expect([delivery.figures().expired, logged.at(-1)]).toEqual([1, 'A mail could not be sent within an hour']);
});

it('a thousand mails wait at most', async () => {
  await mailServer.stop();
  const delivery = await startInstance();
  await run(`insert into mails (id, user_id, content, created_at, attempts, next_attempt_at)
    select gen_random_uuid(), '${userId}', '', now(), 0, now() + interval '1 hour' from generate_series(1, 999)`);
  await write(delivery);
  await expect.poll(() => delivery.figures().postponed).toBe(1);
  await write(delivery);
  expect([delivery.figures().dropped, await run('select count(*)::int from mails')]).toEqual([1, [{ count: 1000 }]]);
});

it('a mail that was encrypted with another secret is dropped', async () => {
  await run(`insert into mails (id, user_id, content, created_at, attempts, next_attempt_at) values (gen_random_uuid(), '${userId}', 'f00d', now(), 0, now())`);
  const delivery = await startInstance();
  await isEmpty();
  expect([delivery.figures().refused, logged]).toEqual([1, ['A mail was refused: SECRET_CHANGED']]);
});

it('stops when the attempt that is under way has ended', async () => {
  const delivery = await startInstance();
  await write(delivery);
  await delivery[Symbol.asyncDispose]();
  const left = await run('select from mails where begun_at is null');
  expect(left.length + mailServer.received.length).toBe(1);
});
