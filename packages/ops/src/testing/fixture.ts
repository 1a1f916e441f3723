import { backup } from '@todo/db/backup/backup';
import { startScratch } from '@todo/db/embedded/scratch';
import { applyMigrations } from '@todo/db/migrate/migrate';
import { emails, enter, work } from '../pitr/people.ts';
import { startProduct } from '../product.ts';

/** `node packages/ops/src/testing/fixture.ts <file> <secret>` writes a small backup with the current version: users who signed up over HTTP and changed tasks. */
const [file = '', secret = ''] = process.argv.slice(2);
const server = await startScratch(undefined);
try {
  await applyMigrations(server.ownerUrl, server.appUrl);
  {
    await using product = await startProduct(server.appUrl, secret);
    const people = await enter(product, 'sign-up');
    await work(people);
    for (const person of people) await person.token();
  }
  const { manifest } = await backup(server.ownerUrl, file);
  console.log(`${file}: ${emails.length} people, ${manifest.tables.tasks?.rows} tasks`);
} finally {
  await server.stop();
}
