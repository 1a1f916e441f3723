import { TodoError } from '../transport/error.ts';

/** The promises of changes that this replica has made, by the keys of the changes. Nobody has to handle them. */
export interface Waiters {
  add(key: string): Promise<unknown>;
  end(key: string, output: unknown, error?: TodoError): void;
  /** Rejects all that are left with CALL_ABORTED. */
  close(): void;
}

const closed = () =>
  new TodoError('CALL_ABORTED', 'The replica was closed, or shows another user, before the server answered. The change is still sent later.');

export function createWaiters(): Waiters {
  let isClosed = false;
  const waiting = new Map<string, { resolve(output: unknown): void; reject(error: TodoError): void }>();
  const rejectAll = () => {
    for (const { reject } of waiting.values()) reject(closed());
    waiting.clear();
  };
  return {
    add: (key) => {
      const done = new Promise<unknown>((resolve, reject) => waiting.set(key, { resolve, reject }));
      done.catch(() => {});
      if (isClosed) rejectAll();
      return done;
    },
    end: (key, output, error) => {
      const waiter = waiting.get(key);
      waiting.delete(key);
      if (error) waiter?.reject(error);
      else waiter?.resolve(output);
    },
    close: () => {
      isClosed = true;
      rejectAll();
    },
  };
}
