import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { type MailServer, startMailServer } from './mail-server.ts';

export const anAddress = () => `${randomUUID()}@example.com`;
export const codeOf = async (answer: Response) => [answer.status, Object(await answer.json()).code];

/** What a mail server has received, by address. */
export interface Mailbox extends Pick<MailServer, 'url' | 'received'>, AsyncDisposable {
  textsTo(email: string): string[];
  /** The tokens of links that lead to this place of the page, the latest last. */
  tokensTo(email: string, place: string): string[];
  /** Waits for a mail with such a link that nobody has been given before. */
  tokenTo(email: string, place: string): Promise<string>;
}

export async function openMailbox(): Promise<Mailbox> {
  const { url, received, [Symbol.asyncDispose]: stop } = await startMailServer();
  const given = new Set<string>();
  const textsTo = (email: string) => received.filter(({ to }) => to.includes(email.toLowerCase())).map(({ text }) => text);
  const tokensTo = (email: string, place: string) => textsTo(email).flatMap((text) => new RegExp(`#/${place}\\?token=([\\w-]+)`).exec(text)?.[1] ?? []);
  const tokenTo = async (email: string, place: string) => {
    const fresh = () => tokensTo(email, place).filter((token) => !given.has(token));
    await expect.poll(() => fresh().length).toBeGreaterThan(0);
    const token = fresh().at(-1) ?? '';
    given.add(token);
    return token;
  };
  return { url, received, textsTo, tokensTo, tokenTo, [Symbol.asyncDispose]: stop };
}
