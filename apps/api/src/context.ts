import type { Identify } from '@todo/auth';
import type { Database, UserId } from '@todo/db';
import { TRPCError } from '@trpc/server';
import type { Admit } from './admission.ts';

/** What a request brings to its procedures. The owner is here and nowhere else. */
export interface Context {
  userId: UserId | null;
  database: Database;
  admit: Admit;
}

export interface ContextDeps {
  database: Database;
  identify: Identify;
  admit: Admit;
  /** Whether pages of this origin may use a visitor's cookie. */
  isTrustedOrigin(origin: string): boolean;
}

/** A cookie that a foreign page makes a browser send proves nothing. Browsers name the page in Origin, and scripts cannot change it. */
function ownHeaders(request: Request, deps: ContextDeps): Headers {
  const origin = request.headers.get('origin');
  if (origin === null || deps.isTrustedOrigin(origin)) return request.headers;
  const headers = new Headers(request.headers);
  headers.delete('cookie');
  return headers;
}

export async function createContext(request: Request, deps: ContextDeps): Promise<Context> {
  const type = request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
  if (request.method === 'POST' && type !== 'application/json') {
    throw new TRPCError({ code: 'UNSUPPORTED_MEDIA_TYPE', message: 'Send JSON, with content-type: application/json.' });
  }
  return { userId: await deps.identify(ownHeaders(request, deps)), database: deps.database, admit: deps.admit };
}
