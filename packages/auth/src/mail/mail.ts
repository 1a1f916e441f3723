/** A mail in plain text. */
export interface Mail {
  to: string;
  subject: string;
  text: string;
}

/**
 * How an attempt to deliver a mail ended. `postponed`: the server has surely not taken it, and may take it later. `refused`: it never will. `unknown`: it may have
 * taken the mail.
 */
export type Outcome = 'sent' | 'postponed' | 'refused' | 'unknown';

export interface Attempt {
  outcome: Outcome;
  /** Why the mail was not sent, without addresses and without texts of the server. */
  reason?: string;
}

export interface Transport {
  /** Never throws. `id` is the same in every attempt at a mail. */
  send(mail: Mail & { id: string }, signal: AbortSignal): Promise<Attempt>;
}
