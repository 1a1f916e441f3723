import { createHash } from 'node:crypto';
import { destination, pino, stdTimeFunctions } from 'pino';

/** More lines than this are counted, in one line a second. */
const LINES_PER_SECOND = 100;
const TEXT_MAX_CHARACTERS = 2_000;
/** What a blocked terminal or pipe may hold up; further lines are lost. */
const BUFFER_MAX_BYTES = 1_000_000;

/** A handled request. It contains no title, token, e-mail address or query. */
export interface RequestEntry {
  requestId: string;
  method: string;
  /** The procedures or the route. */
  path: string;
  status: number;
  /** Why it was refused or failed. */
  reason: string | undefined;
  milliseconds: number;
  userId: string | null;
  /** Trace id of a valid `traceparent` header. */
  trace: string | undefined;
}

/** What else a line says. The log writes a pseudonym for `userId`. */
interface Fields {
  requestId?: string;
  userId?: string;
  [name: string]: string | number | undefined;
}

export interface Log extends Disposable {
  error(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  request(entry: RequestEntry): void;
}

/** Recognizes the requests of a user without naming them. */
const pseudonymOf = (userId: string) => createHash('sha256').update(userId).digest('hex').slice(0, 16);
const isRefusal = ({ status }: RequestEntry) => (status >= 400 && status < 500) || status === 503;

/** JSON lines, by default to stderr. Refused requests, and whatever exceeds LINES_PER_SECOND, are counted in one line a second. */
export function createLog(stream: { write(line: string): unknown } = destination({ fd: 2, sync: false, maxLength: BUFFER_MAX_BYTES })): Log {
  const logger = pino({ base: null, timestamp: stdTimeFunctions.isoTime, formatters: { level: (level) => ({ level }) } }, stream);
  const refused = new Map<string, number>();
  let lines = 0;
  let notLogged = 0;
  let second: NodeJS.Timeout | undefined;

  const endSecond = () => {
    second = undefined;
    lines = 0;
    if (refused.size > 0 || notLogged > 0) {
      logger.warn({ refused: Object.fromEntries(refused), notLogged }, 'requests refused, and lines not logged, in the last second');
    }
    refused.clear();
    notLogged = 0;
  };
  const beginSecond = () => {
    second ??= setTimeout(endSecond, 1_000).unref();
  };
  const hasRoom = () => {
    beginSecond();
    lines += 1;
    if (lines > LINES_PER_SECOND) notLogged += 1;
    return lines <= LINES_PER_SECOND;
  };

  const write =
    (level: 'error' | 'warn' | 'info') =>
    (message: string, { userId, ...fields }: Fields = {}) => {
      if (hasRoom()) logger[level]({ ...fields, user: userId && pseudonymOf(userId) }, message.slice(0, TEXT_MAX_CHARACTERS));
    };

  return {
    error: write('error'),
    warn: write('warn'),
    info: write('info'),
    request: (entry) => {
      if (isRefusal(entry)) {
        beginSecond();
        const reason = entry.reason ?? String(entry.status);
        refused.set(reason, (refused.get(reason) ?? 0) + 1);
      } else if (hasRoom()) {
        const { userId, milliseconds, ...fields } = entry;
        logger.info({ ...fields, milliseconds: Math.round(milliseconds), user: userId === null ? undefined : pseudonymOf(userId) }, 'request');
      }
    },
    [Symbol.dispose]: () => {
      clearTimeout(second);
      endSecond();
      logger.flush();
    },
  };
}
