import type { UserConnection } from '../connection.ts';
import type { TodoError } from '../transport/error.ts';
import type { Change, LostField, RefusedChange } from './change.ts';
import { basedOn, type Edited, editedBy, reconciled, withoutBase } from './edits.ts';
import { follow } from './follow.ts';
import type { Local, Step } from './local.ts';
import { createOutbox, type Outbox } from './outbox.ts';
import { answeredRows } from './rows.ts';

export interface LeadWork {
  connection: UserConnection;
  signal: AbortSignal;
  local: Local;
  /** Applies a step here, saves it, and passes it on to the other replicas. */
  commit(step: Step): Promise<void>;
  ended(key: string, output: unknown, error?: TodoError): void;
  refused(change: Omit<RefusedChange, 'error'>, error: TodoError): void;
  lost(field: LostField): void;
  live(): void;
  offline(error: TodoError): void;
  loginLost(error: TodoError): void;
}

/** Reads the stream and sends the changes of a user, until the signal is aborted or the login is lost. */
export function lead({ connection, signal, local, commit, ended, refused, lost, live, offline, loginLost }: LeadWork): Outbox {
  /** In memory it goes on when nothing can be saved. */
  const change = (next: Change) => commit({ kind: 'change', change: next }).catch(() => {});

  /** The present mutation ids of edits that were repeated, by those that their makers know. */
  const repeated = new Map<string, string>();
  /** An undo names the call that it undoes as its maker knows it. */
  const named = (input: object): object => {
    const mutationId = repeated.get(Object(input).of?.mutationId);
    return mutationId === undefined ? input : { ...input, of: { mutationId } };
  };

  /** Settles what to send of a change, before it is sent for the first time. */
  const prepare = async (waiting: Change, mutationId: string, row = confirmedRow(waiting)): Promise<Change> => {
    const target = editedBy(waiting.path, waiting.input);
    const { input, lost: fields } = target && row && waiting.was ? reconciled(waiting, target, row) : { input: named(waiting.input), lost: [] };
    const prepared = { ...waiting, sent: { mutationId, input } };
    await change(prepared);
    fields.forEach(lost);
    return prepared;
  };
  const confirmedRow = ({ path, input }: Change) => {
    const target = editedBy(path, input);
    return target && local.confirmed(target.entity, target.id);
  };

  /** The edits of a row that wait behind a change. */
  const editsAfter = ({ key }: Change, { entity, id }: Edited) =>
    local.changes().filter((later) => {
      const target = later.key > key && !later.sent ? editedBy(later.path, later.input) : undefined;
      return target?.entity === entity && target.id === id;
    });
  /** Later edits of the same rows begin with what this change has made of them. */
  const rebase = (done: Change, output: unknown) => {
    for (const { entity, id, value } of answeredRows(done.path, output)) {
      const before = local.confirmed(entity, id);
      if (value) for (const based of basedOn(editsAfter(done, { entity, id }), done, before, value)) void change(based);
    }
  };
  /** Later edits of the same row do not begin with what this edit showed. */
  const unbase = (failed: Change) => {
    const target = editedBy(failed.path, failed.input);
    if (target) for (const based of withoutBase(editsAfter(failed, target), failed)) void change(based);
  };

  const outbox = createOutbox({
    connection,
    signal,
    next: () => local.changes().find(({ answer }) => !answer),
    prepare: (waiting) => prepare(waiting, waiting.mutationId),
    repeat: async (overtaken) => {
      const target = editedBy(overtaken.path, overtaken.input);
      const [group = ''] = overtaken.path.split('.');
      const [row] = answeredRows(overtaken.path, await connection.call(`${group}.get`, { id: target?.id }, { signal }));
      const mutationId = connection.randomUUID();
      repeated.set(overtaken.mutationId, mutationId);
      await prepare(overtaken, mutationId, row?.value ?? undefined);
      return undefined;
    },
    answered: (done, answer, error) => {
      rebase(done, answer.output);
      void change({ ...done, answer });
      ended(done.key, answer.output, error);
    },
    refused: (failed, error) => {
      const { key, mutationId, path, input } = failed;
      unbase(failed);
      void commit({ kind: 'dropped', key }).catch(() => {});
      ended(key, null, error);
      refused({ kind: 'refused', mutationId, path, input }, error);
    },
    loginLost,
  });
  follow({
    connection,
    signal,
    position: () => local.position,
    reached: (step) => void commit(step).catch(() => {}),
    live: () => {
      live();
      outbox.wake();
    },
    failed: offline,
    loginLost,
  });
  return outbox;
}
