import { expect, it } from 'vitest';
import { backup } from '../backup/backup.ts';
import { restore } from '../backup/restore.ts';
import { createFolder } from '../testing/backups.ts';
import { createTestDatabase, hasPgBouncer, inspect, startPgBouncer } from '../testing/database.ts';
import { assertSchema, migrate } from './assert-schema.ts';
import { withConnection } from './migrate.ts';

it.skipIf(!hasPgBouncer)(
  'migrations, backups and restores work behind PgBouncer in transaction mode, and leave no lock and no setting on its connections',
  async () => {
    await using own = await createTestDatabase();
    await using pooler = await startPgBouncer([own.appUrl, own.ownerUrl], { default_pool_size: 2 });
    const [ownerUrl, appUrl] = [pooler.through(own.ownerUrl), pooler.through(own.appUrl)];
    using folder = createFolder();
    const expectNothingLeft = async () => {
      const locks = `select from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`;
      expect(await inspect(own.superuserUrl, locks)).toEqual([]);
      const [left] = await withConnection(ownerUrl, (connection) =>
        connection.send([{ text: `select current_setting('lock_timeout') as lock, current_setting('statement_timeout') as statement` }]),
      );
      expect([...left]).toEqual([{ lock: '0', statement: '0' }]);
    };

    await inspect(own.superuserUrl, 'drop policy owner on tasks');
    await Promise.all([migrate(ownerUrl, appUrl), migrate(ownerUrl, appUrl)]);
    await expectNothingLeft();
    await backup(ownerUrl, folder.file('pooled'));
    await expectNothingLeft();
    await restore(ownerUrl, appUrl, folder.file('pooled'), { replace: new URL(own.ownerUrl).pathname.slice(1) });
    await expectNothingLeft();
    expect(await assertSchema(appUrl)).toEqual([]);
  },
);
