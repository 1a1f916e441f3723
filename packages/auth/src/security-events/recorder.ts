import { kindOf } from '../log-parts.ts';
import { type Background, createBackground } from '../mail/background.ts';
import type { EventStore, FailedSignIn, NewEvent, NewSession } from './store.ts';

/** Events that wait to be stored after a response. */
const WAITING_MAX = 1_000;

export interface Recorder {
  /**
   * Stores what has happened before it is answered. Throws DatabaseFailure if that is a sign-in, so that nobody signs in unseen; what has changed otherwise cannot be taken
   * back, so the event is tried again after the response, and a loss is logged. Returns false if the new session was ended, see EventStore.
   */
  record(event: NewEvent, newSession?: NewSession): Promise<boolean>;
  /** Stores a failed sign-in after the response, because the database does more for an account than for an address that nobody has. */
  fail(attempt: FailedSignIn): void;
  settle: Background['settle'];
}

export function createRecorder(store: EventStore, log: (message: string) => void): Recorder {
  const lose = (reason: string) => log(`A security event was not stored:${reason}`);
  const background = createBackground(WAITING_MAX, (error) => lose(kindOf(error)));
  const later = (work: () => Promise<unknown>) => {
    if (!background.run(work)) lose(' too many wait');
  };
  return {
    record: async (event, newSession) => {
      try {
        return (await store.add(event, newSession)) || newSession === undefined;
      } catch (error) {
        if (newSession) throw error;
        later(() => store.add(event));
        return true;
      }
    },
    fail: (attempt) => later(() => store.addFailure(attempt)),
    settle: background.settle,
  };
}
