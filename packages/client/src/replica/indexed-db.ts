import { browserSharing } from './sharing.ts';
import type { Entry, ReplicaStorage, SavedEntries } from './storage.ts';

/** The part of IndexedDB that is used here. The compiler knows no browser, because the same code runs in Node. */
interface Request<Result> {
  readonly result: Result;
  readonly error: unknown;
  onsuccess: (() => void) | null;
  onerror: (() => void) | null;
}

interface OpenRequest extends Request<Database> {
  onupgradeneeded: (() => void) | null;
}

interface Store {
  getAllKeys(): Request<unknown[]>;
  getAll(): Request<unknown[]>;
  put(value: unknown, key: string): void;
  delete(key: string): void;
}

interface Transaction {
  readonly error: unknown;
  oncomplete: (() => void) | null;
  onabort: (() => void) | null;
  objectStore(name: string): Store;
}

interface Database {
  onversionchange: (() => void) | null;
  createObjectStore(name: string): void;
  transaction(name: string, mode: 'readonly' | 'readwrite'): Transaction;
  close(): void;
}

declare const indexedDB: {
  open(name: string, version: number): OpenRequest;
  deleteDatabase(name: string): Request<unknown>;
};

const STORE = 'entries';

/** The result of a request. */
const resultOf = <Result>(request: Request<Result>): Promise<Result> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** Resolves when everything in a transaction is stored. */
const stored = (transaction: Transaction): Promise<void> =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });

async function openDatabase(name: string): Promise<Database> {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(STORE);
  };
  const database = await resultOf(request);
  // Otherwise another tab could not delete it.
  database.onversionchange = () => database.close();
  return database;
}

async function readAll(database: Database): Promise<Entry[]> {
  const store = database.transaction(STORE, 'readonly').objectStore(STORE);
  const [keys, values] = await Promise.all([resultOf(store.getAllKeys()), resultOf(store.getAll())]);
  return keys.map((key, i) => [String(key), values[i]]);
}

async function writeAll(database: Database, entries: readonly Entry[]): Promise<void> {
  const transaction = database.transaction(STORE, 'readwrite');
  const store = transaction.objectStore(STORE);
  for (const [key, value] of entries) {
    if (value === undefined) store.delete(key);
    else store.put(value, key);
  }
  await stored(transaction);
}

async function open(name: string): Promise<SavedEntries> {
  const database = await openDatabase(name);
  return {
    read: () => readAll(database),
    write: (entries) => writeAll(database, entries),
    close: () => database.close(),
    remove: async () => {
      database.close();
      await resultOf(indexedDB.deleteDatabase(name));
    },
  };
}

/** Keeps the data of a replica in the browser's IndexedDB: one database for each server and user. The tabs of a browser share one stream and one outbox. */
export const indexedDbStorage = (): ReplicaStorage => ({ open, sharing: browserSharing() });
