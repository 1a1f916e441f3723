import { fromPlainError, type PlainError, type TodoError, toPlainError } from '../transport/error.ts';
import type { LostField, RefusedChange } from './change.ts';
import type { Step } from './local.ts';
import type { ReplicaState } from './replica.ts';
import type { Sharing } from './sharing.ts';

/** What replicas that share a storage tell each other, some of it with an error. */
export type News =
  | { kind: 'step'; step: Step }
  /** A change has ended: with the server's answer, or with an error. */
  | { kind: 'end'; key: string; output?: unknown }
  | { kind: 'refused'; change: Omit<RefusedChange, 'error'> }
  | { kind: 'lost'; field: LostField }
  | { kind: 'state'; state: ReplicaState }
  /** Asks the leader for its state, and names the changes that wait as far as they are saved. Who is blind can read nothing that is saved. */
  | { kind: 'ask'; waiting: string[]; isBlind: boolean }
  /** All that the leader has, where that cannot be saved or read. */
  | { kind: 'whole'; steps: Step[] }
  /** The user is no longer signed in. */
  | { kind: 'login-lost' };

type Receive = (news: News, error: TodoError | undefined) => void;

export interface Peers {
  tell(news: News, error?: TodoError | null): void;
  close(): void;
}

/** An error loses its class on the way. */
interface Message {
  news: News;
  error?: PlainError | undefined;
}

const isMessage = (data: unknown): data is Message => Object(data).news instanceof Object;

/** The other replicas of a user in this browser. Without sharing there are none. */
export function createPeers(sharing: Sharing | undefined, name: string, receive: Receive): Peers {
  const channel = sharing?.channel(name, (data) => {
    if (isMessage(data)) receive(data.news, data.error && fromPlainError(data.error));
  });
  let isClosed = false;
  return {
    tell: (news, error) => {
      // What was begun before may end later.
      if (isClosed) return;
      const message: Message = { news, error: error ? toPlainError(error) : undefined };
      channel?.post(message);
    },
    close: () => {
      isClosed = true;
      channel?.close();
    },
  };
}
