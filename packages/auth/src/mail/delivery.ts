import { setTimeout as delay } from 'node:timers/promises';
import { DatabaseFailure } from '@todo/db';
import { kindOf } from '../log-parts.ts';
import type { Mail, Outcome, Transport } from './mail.ts';
import type { ClaimedMail, Outbox } from './outbox.ts';

const AT_ONCE = 4;
/** How soon an instance sees mails that others have written, or that are due again. */
const POLL_MS = 5_000;
const ATTEMPT_MAX_MS = 60_000;
/** How long attempts may go on when the server stops. */
const STOP_WITHIN_MS = 5_000;

/** What can become of a mail, in the metrics. `expired`: it waited too long. `dropped`: too many waited. */
type MailResult = Outcome | 'expired' | 'dropped';

export interface Delivery extends AsyncDisposable {
  /** Stores a mail, which is then delivered in the background. Throws DatabaseFailure. */
  add(userId: string, mail: Mail): Promise<void>;
  /** Counts since the start. */
  figures(): Readonly<Record<MailResult, number>>;
}

export interface DeliveryDeps {
  outbox: Outbox;
  transport: Transport;
  log(message: string): void;
  pollMs?: number;
}

/** Delivers mails until it is disposed of. It sends none twice: whoever claims a mail in the database is the only one that ever tries, unless the attempt surely failed. */
export function startDelivery({ outbox, transport, log, pollMs = POLL_MS }: DeliveryDeps): Delivery {
  const counts: Record<MailResult, number> = { sent: 0, postponed: 0, refused: 0, unknown: 0, expired: 0, dropped: 0 };
  const stopping = new AbortController();
  const ending = new AbortController();
  let wake = Promise.withResolvers<void>();
  let isFailing = false;

  const count = (result: MailResult, mails: number, line: string) => {
    if (mails === 0) return;
    counts[result] += mails;
    if (line) log(`${mails === 1 ? 'A mail' : `${mails} mails`} ${line}`);
  };

  const deliver = async ({ id, mail }: ClaimedMail) => {
    const signal = AbortSignal.any([AbortSignal.timeout(ATTEMPT_MAX_MS), ending.signal]);
    const { outcome, reason } = mail ? await transport.send({ id, ...mail }, signal) : { outcome: 'refused' as const, reason: 'SECRET_CHANGED' };
    if (outcome === 'postponed') {
      // One line for an outage of the mail server, however many mails wait.
      count('postponed', 1, isFailing ? '' : `could not be sent, and is tried again: ${reason}`);
      isFailing = true;
      return outbox.postpone(id);
    }
    if (outcome === 'sent') {
      if (isFailing) log('Mails are sent again.');
      isFailing = false;
    }
    const line = { sent: '', refused: `was refused: ${reason}`, unknown: `may have been lost, and is not sent again: ${reason}` }[outcome];
    count(outcome, 1, line);
    return outbox.remove(id);
  };

  const deliverDue = async () => {
    const { waiting, unknown } = await outbox.expire();
    count('expired', waiting, 'could not be sent within an hour');
    count('unknown', unknown, 'may have been lost: the server that was sending ended');
    for (let isEmpty = false; !isEmpty && !stopping.signal.aborted; ) {
      const claimed = await outbox.claim(AT_ONCE);
      const ends = await Promise.allSettled(claimed.map(deliver));
      for (const end of ends) if (end.status === 'rejected') throw end.reason;
      isEmpty = claimed.length === 0;
    }
  };

  const run = async () => {
    while (!stopping.signal.aborted) {
      wake = Promise.withResolvers();
      // The pool logs an outage of the database itself.
      await deliverDue().catch((error: unknown) => error instanceof DatabaseFailure || log(`Mails could not be sent:${kindOf(error)}`));
      const pause = new AbortController();
      await Promise.race([wake.promise, delay(pollMs, undefined, { signal: AbortSignal.any([pause.signal, stopping.signal]) })]).catch(() => {});
      pause.abort();
    }
  };
  const ended = run();

  return {
    add: async (userId, mail) => {
      if (await outbox.add(userId, mail)) wake.resolve();
      else count('dropped', 1, 'was dropped, because too many wait');
    },
    figures: () => counts,
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      const timer = setTimeout(() => ending.abort(), STOP_WITHIN_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}
