import { MAILS_WAITING_MAX } from '@todo/contract';
import { type IdentityDb, schema } from '@todo/db';
import { eq, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { createEncryption } from '../encryption.ts';
import { type SecretOptions, secretsOf } from '../secrets.ts';
import type { Mail } from './mail.ts';

/** A mail that has not been sent an hour after it was written is given up: its link has expired. */
const KEEP_SECONDS = 3_600;
/** Longer than any attempt takes. */
const ATTEMPT_MAX_SECONDS = 300;
/** The first pause after a failed attempt. Each is twice the one before. */
const PAUSE_SECONDS = 10;
const PAUSE_MAX_SECONDS = 600;

export interface ClaimedMail {
  id: string;
  /** Undefined if it was encrypted with a secret that is gone. */
  mail: Mail | undefined;
}

/** The mails of all instances, in the database. Its methods throw DatabaseFailure. */
export interface Outbox {
  /** Returns false, and stores nothing, if too many mails wait. */
  add(userId: string, mail: Mail): Promise<boolean>;
  /** Up to `max` mails that are due. No other instance gets them, now or later. */
  claim(max: number): Promise<ClaimedMail[]>;
  remove(id: string): Promise<void>;
  /** Makes a claimed mail due again, after a pause. */
  postpone(id: string): Promise<void>;
  /** Deletes what is too old. Returns how many mails were never sent, and of how many nobody knows, because the server that had claimed them has ended. */
  expire(): Promise<{ waiting: number; unknown: number }>;
}

export function createOutbox(identity: IdentityDb, secrets: SecretOptions): Outbox {
  const { mails } = schema;
  const encryption = createEncryption(secretsOf(secrets).all);
  const seconds = (count: number) => sql`make_interval(secs => ${count})`;
  const decrypt = async (data: string): Promise<Mail | undefined> => {
    const text = await encryption.decrypt(data);
    return text === undefined ? undefined : JSON.parse(text);
  };

  return {
    add: async (userId, { to, subject, text }) => {
      const content = await encryption.encrypt(JSON.stringify({ to, subject, text }));
      const added = await identity.execute(sql`
        insert into mails (id, user_id, content, created_at, attempts, next_attempt_at)
        select ${uuidv7()}::uuid, ${userId}::uuid, ${content}, now(), 0, now()
        where (select count(*) from (select from mails where begun_at is null limit ${MAILS_WAITING_MAX}) waiting) < ${MAILS_WAITING_MAX}
        returning id`);
      return added.length > 0;
    },
    claim: async (max) => {
      const claimed = await identity.execute<{ id: string; content: string }>(sql`
        update mails set begun_at = now(), attempts = attempts + 1 where id = any(array(
          select id from mails where begun_at is null and next_attempt_at <= now() order by next_attempt_at limit ${max} for update skip locked))
        returning id, content`);
      return Promise.all(claimed.map(async ({ id, content }) => ({ id, mail: await decrypt(content) })));
    },
    remove: async (id) => {
      await identity.delete(mails).where(eq(mails.id, id));
    },
    postpone: async (id) => {
      const pause = sql`least(${PAUSE_SECONDS} * 2 ^ (attempts - 1), ${PAUSE_MAX_SECONDS})`;
      await identity.execute(sql`update mails set begun_at = null, next_attempt_at = now() + make_interval(secs => ${pause}) where id = ${id}`);
    },
    expire: async () => {
      const gone = await identity.execute<{ begun: boolean }>(sql`
        delete from mails where created_at < now() - ${seconds(KEEP_SECONDS)} and (begun_at is null or begun_at < now() - ${seconds(ATTEMPT_MAX_SECONDS)})
        returning begun_at is not null as begun`);
      const unknown = gone.filter(({ begun }) => begun).length;
      return { waiting: gone.length - unknown, unknown };
    },
  };
}
