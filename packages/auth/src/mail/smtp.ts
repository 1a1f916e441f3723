import { Readable } from 'node:stream';
import type { Attempt, Transport } from './mail.ts';

const SILENCE_MAX_MS = 20_000;

/** Errors of the mail itself. A server that refuses the login, for example, refuses no mail. */
const mailErrors = new Set(['EENVELOPE', 'EMESSAGE']);

function outcomeOf(error: unknown, hasBegun: boolean): Attempt {
  const { code = 'ERROR', responseCode }: { code?: string; responseCode?: number } = Object(error);
  const reason = responseCode === undefined ? code : `${code} ${responseCode}`;
  const isReply = responseCode !== undefined && responseCode >= 400;
  if (hasBegun && !isReply) return { outcome: 'unknown', reason };
  return { outcome: isReply && responseCode >= 500 && mailErrors.has(code) ? 'refused' : 'postponed', reason };
}

/** Delivers to the server of an smtp: or smtps: URL, with one connection for each mail. With a password it insists on TLS, except to this machine. */
export async function createSmtp({ url, from }: { url: string; from: string }): Promise<Transport> {
  // It looks for the machine's DNS servers as soon as it is imported.
  const { createTransport } = await import('nodemailer');
  const { hostname, username } = new URL(url);
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  const transport = createTransport({
    url,
    requireTLS: url.startsWith('smtp:') && username !== '' && !isLocal,
    connectionTimeout: SILENCE_MAX_MS,
    greetingTimeout: SILENCE_MAX_MS,
    socketTimeout: SILENCE_MAX_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const begun = new Set<unknown>();
  transport.use('stream', ({ data, message }, next) => {
    // Read only when the server has asked for the mail. Before that, a lost connection means that it was not taken.
    message.processFunc((content) =>
      Readable.from(
        (async function* () {
          begun.add(data.messageId);
          yield* content;
        })(),
      ),
    );
    next();
  });
  const domain = /@([^@>\s]+)>?\s*$/.exec(from)?.[1] ?? 'localhost';

  return {
    send: async ({ id, ...mail }, signal) => {
      const messageId = `<${id}@${domain}>`;
      try {
        await transport.sendMail({ ...mail, from, messageId, headers: { 'auto-submitted': 'auto-generated' }, signal });
        return { outcome: 'sent' };
      } catch (error) {
        return outcomeOf(error, begun.has(messageId));
      } finally {
        begun.delete(messageId);
      }
    },
  };
}
