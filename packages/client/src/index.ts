import { createTRPCClient, httpLink } from '@trpc/client';
import { createAccount } from './account.ts';
import type { CallOptions, TodoClient } from './contract.ts';
import { toTodoError } from './error.ts';
import { createCookieSession, createMemoryStore, createTokenSession, type SessionStore } from './session.ts';
import type { Wire } from './wire.ts';

export type * from './contract.ts';
export { TodoError } from './error.ts';
export type { SessionStore } from './session.ts';

export interface TodoClientOptions {
  /** Address of the Todo server, such as https://todo.example.com. */
  url: string;
  /**
   * Who keeps the session: 'cookie' for a page on the server's own site, whose browser keeps it; a store of yours elsewhere.
   * Without either the client keeps it itself, as long as it lives.
   */
  session?: 'cookie' | SessionStore;
}

const called =
  <Input, Output>(procedure: (input: Input, options?: CallOptions) => Promise<Output>) =>
  (input: Input, options?: CallOptions): Promise<Output> =>
    procedure(input, options).catch((error: unknown) => {
      throw toTodoError(error, options?.signal);
    });

/** A client of one Todo server for one person at a time. It connects to nothing before its first call. */
export function createTodoClient(options: TodoClientOptions): TodoClient {
  const url = options.url.replace(/\/+$/, '');
  const authUrl = `${url}/api/auth`;
  const session = options.session === 'cookie' ? createCookieSession() : createTokenSession(`${authUrl}/token`, options.session ?? createMemoryStore());
  const { tasks } = createTRPCClient<Wire>({
    links: [httpLink({ url: `${url}/trpc`, fetch: (address, init) => session.call(String(address), { ...init, signal: init?.signal ?? null }) })],
  });
  return {
    ...createAccount(authUrl, session),
    tasks: {
      create: called(tasks.create.mutate),
      get: called(tasks.get.query),
      list: called(tasks.list.query),
      counts: called(tasks.counts.query),
      edit: called(tasks.edit.mutate),
      complete: called(tasks.complete.mutate),
      reopen: called(tasks.reopen.mutate),
      remove: called(tasks.remove.mutate),
    },
  };
}
