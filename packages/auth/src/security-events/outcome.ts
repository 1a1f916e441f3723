import type { AuthEventName } from '@todo/contract';
import type { Guarded } from '../limits/guarded.ts';
import type { Notify } from '../mail/notices.ts';
import type { Route } from '../routes.ts';
import { placeOf } from './place.ts';
import type { Recorder } from './recorder.ts';

/** Somebody signed in or out, or failed to. The user of a failed attempt is not known. */
export interface AuthEvent {
  name: AuthEventName;
  userId: string | undefined;
}

interface Answered {
  route: Route;
  /** How the request signs in. */
  way: string | undefined;
  request: Readonly<Guarded>;
  answer: Response;
  isDone: boolean;
  report(event: AuthEvent): void;
}

/** Records what a request has done to an account, and tells of it. Returns false if the session that it has begun was ended at once, see EventStore. */
export const createOutcome =
  ({ recorder, notify }: { recorder: Recorder; notify: Notify }) =>
  async ({ route, way, request, answer, isDone, report }: Answered): Promise<boolean> => {
    const { userId, newSession, restsOn, occurred, email, address, device } = request;
    const from = { way, ...placeOf(request) };
    const name = (isDone ? (request.event ?? route.event) : undefined) ?? (newSession ? 'signed_in' : undefined);
    if (name && userId !== undefined) {
      // The events of a deleted account are gone with it.
      const begun = newSession === undefined ? undefined : { id: newSession, restsOn };
      if (name !== 'account_deleted' && !(await recorder.record({ userId, name, ...from }, begun))) return false;
      notify({ name, userId, address, isKnownDevice: device.knows(email) });
      report({ name, userId });
    }
    for (const each of occurred) report({ name: each, userId });
    if (answer.status === 401 && route.failure && !request.awaitsCode) {
      recorder.fail({ email, ...from });
      report({ name: route.failure, userId: undefined });
    }
    return true;
  };
