import { randomUUID } from 'node:crypto';
import { readEnv } from '@todo/api/env';
import { createSmtp, invitationMail, newInvitation } from '@todo/auth';
import { EMAIL_MAX_CHARACTERS, INVITATION_DAYS } from '@todo/contract';
import { z } from 'zod';
import { asOwner, begin, commit, statement } from './accounts.ts';

const MAIL_MAX_MS = 60_000;

const address = z.email().max(EMAIL_MAX_CHARACTERS);

/** Stores an invitation instead of earlier ones for this address. */
const store = (ownerUrl: string, email: string, tokens: { identifier: string; value: string }[]): Promise<void> =>
  asOwner(ownerUrl, async (connection) => {
    const [, known] = await connection.send([begin(connection), statement('select 1 as known from "user" where email = $1', email)]);
    if (known.length > 0) throw new Error('Somebody has an account with this address.');
    const insert = `
      insert into verification (id, identifier, value, expires_at, created_at, updated_at)
      values (gen_random_uuid(), $1, $2, now() + make_interval(days => $3), now(), now())`;
    await connection.send([
      ...tokens.slice(0, 1).map(({ value }) => statement('delete from verification where value = $1', value)),
      ...tokens.map(({ identifier, value }) => statement(insert, identifier, value, INVITATION_DAYS)),
      commit,
    ]);
  });

interface Surroundings {
  /** The settings of the server. */
  env: Record<string, string | undefined>;
  print(line: string): void;
}

/**
 * Invites somebody to create an account. Prints a link; with a mail server it also sends one, whose token is another: only who has read the mail has shown that the
 * address is theirs.
 */
export async function invite(ownerUrl: string, email: string, { env, print }: Surroundings): Promise<void> {
  if (!address.safeParse(email).success) throw new Error('This is not an e-mail address.');
  const { SIGN_UP: rule, PUBLIC_URL: baseUrl, mail } = readEnv(env);
  if (rule === 'closed') throw new Error('Nobody can create an account: SIGN_UP is closed. Set it to invitation, and restart the server.');
  const transport = mail && (await createSmtp(mail));
  const [byHand, byMail] = [newInvitation('hand', baseUrl, email), newInvitation('mail', baseUrl, email)];
  await store(ownerUrl, email, transport ? [byHand, byMail] : [byHand]);
  print(`A link that you can pass on, which is shown only now: ${byHand.link}`);
  const sent = await transport?.send({ id: randomUUID(), ...invitationMail(email, byMail.link) }, AbortSignal.timeout(MAIL_MAX_MS));
  if (sent && sent.outcome !== 'sent') print(`The mail was not sent, or may be lost: ${sent.reason}. Pass on the link, or invite again.`);
  print(`${email} is invited, and can create an account within ${INVITATION_DAYS} days${sent?.outcome === 'sent' ? '; a mail says so' : ''}.`);
}
