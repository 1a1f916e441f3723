import { type IdentityDb, schema } from '@todo/db';
import type { BetterAuthOptions } from 'better-auth';
import { drizzleAdapter } from 'better-auth/adapters/drizzle';

const NOBODY = '00000000-0000-0000-0000-000000000000';

/**
 * How Better Auth reads and writes the database. Of an address that nobody has, a sign-in looks for the accounts as well, so that the number and the time of its
 * statements do not tell whether there is a user.
 */
export function createAdapter(database: IdentityDb) {
  const make = drizzleAdapter(database, { provider: 'pg', schema, transaction: true });
  return (options: BetterAuthOptions) => {
    const adapter = make(options);
    const findOne = async <Found>(asked: Parameters<typeof adapter.findOne>[0]): Promise<Found | null> => {
      const found = await adapter.findOne<Found>(asked);
      if (found === null && asked.join?.account) await adapter.findMany({ model: 'account', where: [{ field: 'userId', value: NOBODY }] });
      return found;
    };
    return { ...adapter, findOne };
  };
}
