import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { applyMigrations } from '../migrate/migrate.ts';
import { inspect } from '../testing/database.ts';
import { createFormerDatabase } from '../testing/migrations.ts';

const BEFORE_LIMITS = 17;

it('accounts from before the limits keep their rows, and what is too long is cut', async () => {
  await using own = await createFormerDatabase(BEFORE_LIMITS);
  const [short, long, twin] = [randomUUID(), randomUUID(), randomUUID()];
  const add = (id: string, name: string, email: string, image: string) =>
    inspect(own.superuserUrl, `insert into "user" values ('${id}', ${name}, ${email}, true, ${image}, now(), now())`);
  await add(short, `'Ada'`, `'ada@example.com'`, `'https://example.com/ada.png'`);
  await add(long, `repeat('é', 100000)`, `repeat('e', 300) || '1@example.com'`, `repeat('i', 2049)`);
  await add(twin, `repeat('é', 200)`, `repeat('e', 300) || '2@example.com'`, 'null');
  await applyMigrations(own.ownerUrl, own.appUrl);
  const rows = await inspect(own.superuserUrl, `select id, char_length(name) as name, email, image from "user"`);
  expect(rows).toHaveLength(3);
  expect(rows).toEqual(
    expect.arrayContaining([
      { id: short, name: 3, email: 'ada@example.com', image: 'https://example.com/ada.png' },
      { id: long, name: 200, email: `${'e'.repeat(217)}-${long}`, image: null },
      { id: twin, name: 200, email: `${'e'.repeat(217)}-${twin}`, image: null },
    ]),
  );
});
