import type { CollectionConfig, SyncConfig, Transaction } from '@tanstack/db';
import type { List, Task } from '@todo/contract';
import { validate as isUuid } from 'uuid';
import type { QueuedChange, Replica } from '../replica.ts';
import { type Changes, createListChanges, createTaskChanges, type ListInput, notCreatable, type TaskInput } from './changes.ts';

/** Completes what is inserted, such as { title }, to a row. */
interface InsertSchema<Row, New> {
  '~standard': {
    version: 1;
    vendor: 'todo';
    validate(given: unknown): { value: Row } | { issues: { message: string; path: string[] }[] };
    types: { input: New; output: Row } | undefined;
  };
}

type AnyTransaction = Pick<Transaction, 'id' | 'mutations'>;

export interface TodoCollectionUtils {
  /** Makes the changes of a transaction that the application began itself: call it in its `mutationFn`. Other collections' changes are left out. */
  acceptMutations(transaction: AnyTransaction): Promise<void>;
  /** Resolves when the server has answered every change of a transaction. Rejects with the TodoError for which it has refused one. */
  answered(transaction: AnyTransaction): Promise<void>;
  [name: string]: (transaction: AnyTransaction) => Promise<void>;
}

export interface TodoCollectionOptions<Row extends object, New extends object>
  extends Omit<CollectionConfig<Row, string, InsertSchema<Row, New>, TodoCollectionUtils>, 'schema' | 'utils'> {
  schema: InsertSchema<Row, New>;
  utils: TodoCollectionUtils;
}

/** What an application can choose of a collection. */
export type TodoCollectionConfig<Row extends object> = Pick<
  CollectionConfig<Row, string>,
  'id' | 'gcTime' | 'startSync' | 'autoIndex' | 'defaultIndexType' | 'defaultStringCollation' | 'compare'
>;

interface Shown {
  id: string;
  position: string;
  createdAt: string;
}

/** The row that an insert makes. An update comes as the whole row that it makes, and stays as it is. */
function validate<Row extends Shown>({ entity, preview }: Changes<Row>, given: object) {
  if ('createdAt' in given) return { value: given };
  const [wrong] = notCreatable(entity, given);
  const value = wrong === undefined ? preview(given) : undefined;
  return value ? { value } : { issues: [{ message: 'cannot be given in an insert', path: [wrong ?? 'id'] }] };
}

/** Writes what a replica shows to a collection, now and whenever that changes. */
function createSync<Row extends Shown>(replica: Replica, rowsOf: () => ReadonlyMap<string, Row>, started: (show: () => void) => void): SyncConfig<Row, string> {
  return {
    rowUpdateMode: 'full',
    sync: ({ begin, write, commit, markReady, markError, truncate }) => {
      let written: ReadonlyMap<string, Row> = new Map();
      let { userId } = replica;
      let isReady = false;

      const writeChanges = (rows: ReadonlyMap<string, Row>) => {
        let kept = 0;
        for (const [id, value] of rows) {
          const before = written.get(id);
          if (before) kept += 1;
          if (before !== value) write({ type: before ? 'update' : 'insert', value });
        }
        if (kept < written.size) for (const key of written.keys()) if (!rows.has(key)) write({ type: 'delete', key });
      };
      const show = () => {
        const rows = rowsOf();
        const isOther = replica.userId !== userId;
        if (rows === written && !isOther) return;
        begin();
        if (isOther) {
          truncate({ markReady: false });
          written = new Map();
        }
        writeChanges(rows);
        commit();
        written = rows;
        ({ userId } = replica);
      };
      const onChange = () => {
        show();
        if (isReady) return;
        // Without a user nothing is known yet. With one, it shows what was saved while the server cannot be reached.
        const isKnown = replica.userId !== null && (replica.state !== 'loading' || written.size > 0);
        if (isKnown || replica.state === 'signed-out') {
          isReady = true;
          markReady();
        } else if (replica.state === 'offline') markError(replica.error);
      };
      const unsubscribe = replica.subscribe(onChange);
      started(show);
      onChange();
      return () => {
        unsubscribe();
        started(() => {});
      };
    },
  };
}

function optionsOf<Row extends Shown>(replica: Replica, changes: Changes<Row>): object {
  let show = () => {};
  const made = new WeakMap<object, QueuedChange[]>();

  const make = ({ type, key, modified, changes: changed, metadata }: AnyTransaction['mutations'][number], group: { groupId?: string }): QueuedChange[] => {
    const id = String(key);
    if (type === 'insert') return changes.insert(Object(modified), group);
    return type === 'update' ? changes.update(id, Object(changed), group) : changes.remove(id, group, metadata);
  };
  const accept = async (transaction: AnyTransaction, mutations: AnyTransaction['mutations']) => {
    const group = isUuid(transaction.id) ? { groupId: transaction.id } : {};
    const queued = made.get(transaction) ?? [];
    made.set(transaction, queued);
    for (const mutation of mutations) queued.push(...make(mutation, group));
    // The collection shows the changes as its own until this ends, and then what is written here.
    show();
    await Promise.all(queued.map((change) => change.queued));
  };
  const handler = ({ transaction }: { transaction: AnyTransaction }) => accept(transaction, transaction.mutations);

  const options = {
    getKey: ({ id }: Row) => id,
    // Positions, dates and ids are compared byte by byte. A query can sort titles in another way.
    defaultStringCollation: { stringSort: 'lexical' as const },
    schema: {
      '~standard': {
        version: 1,
        vendor: 'todo',
        validate: (given: unknown) => validate(changes, Object(given)),
        types: undefined,
      },
    },
    sync: createSync(replica, changes.rows, (started) => {
      show = started;
    }),
    onInsert: handler,
    onUpdate: handler,
    onDelete: handler,
    utils: {
      acceptMutations: (transaction: AnyTransaction) =>
        accept(
          transaction,
          transaction.mutations.filter(({ collection }) => collection.config.getKey === options.getKey),
        ),
      answered: async (transaction: AnyTransaction) => {
        await Promise.all((made.get(transaction) ?? []).map(({ done }) => done));
      },
    },
  };
  return options;
}

/**
 * The options of a TanStack DB collection that shows all tasks or lists of a replica, and makes changes by it. A transaction is persisted when its changes are stored in the
 * replica's outbox; `utils.answered` waits for the server. If the server refuses a change, the row returns to what it was, and the replica's `onNotice` says why.
 */
export function todoCollectionOptions(replica: Replica, rows: 'tasks', config?: Partial<TodoCollectionConfig<Task>>): TodoCollectionOptions<Task, TaskInput>;
export function todoCollectionOptions(replica: Replica, rows: 'lists', config?: Partial<TodoCollectionConfig<List>>): TodoCollectionOptions<List, ListInput>;
export function todoCollectionOptions(replica: Replica, rows: 'tasks' | 'lists', config: object = {}): object {
  const own = rows === 'tasks' ? optionsOf(replica, createTaskChanges(replica)) : optionsOf(replica, createListChanges(replica));
  return { ...own, ...config };
}
