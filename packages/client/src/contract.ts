import type { History } from './contract-history.ts';
import type { Portable } from './contract-portable.ts';
import type { Sync } from './contract-sync.ts';
import type { Tasks } from './contract-tasks.ts';

export type * from './contract-history.ts';
export type * from './contract-portable.ts';
export type * from './contract-sync.ts';
export type * from './contract-tasks.ts';

export interface CallOptions {
  /** Ends the call early: it then fails with CALL_ABORTED. */
  signal?: AbortSignal;
}

export interface User {
  id: string;
  name: string;
  email: string;
}

export interface Account {
  /** Makes an account and signs in. Fails with EMAIL_TAKEN, or INVALID_INPUT for a password of less than 8 characters. */
  signUp(input: { name: string; email: string; password: string }): Promise<User>;
  /** Fails with CREDENTIALS_WRONG. */
  signIn(input: { email: string; password: string }): Promise<User>;
  /** Who is signed in, or null. Asking keeps the session alive: it ends when nobody has asked for 30 days. */
  currentUser(): Promise<User | null>;
  /** Ends the session on the server. A token is forgotten even when the server cannot be told. */
  signOut(): Promise<void>;
  /** Removes the account with all its tasks, for good. Fails with CREDENTIALS_WRONG. */
  deleteAccount(input: { password: string }): Promise<void>;
}

/**
 * A call that the connection or the database fails is made again, a few times within seconds, before it fails with SERVER_UNREACHABLE or
 * DATABASE_UNAVAILABLE. A change is carried out once all the same.
 */
export interface TodoClient extends Account, Portable {
  tasks: Tasks;
  history: History;
  sync: Sync;
}

/** Why the server refuses a call of a procedure. */
export type ServerReason =
  | 'UNAUTHENTICATED'
  | 'INVALID_INPUT'
  | 'INVALID_CURSOR'
  | 'TASK_NOT_FOUND'
  | 'VERSION_CONFLICT'
  | 'ID_TAKEN'
  | 'MUTATION_REUSED'
  | 'QUOTA_REACHED'
  | 'RATE_LIMITED'
  | 'DATABASE_UNAVAILABLE'
  | 'STORAGE_FULL'
  | 'TOO_LARGE'
  | 'INTERNAL';

/** Why something failed: what the server says, what signing in and up adds, and what can happen before there is an answer. */
export type Reason = ServerReason | 'CREDENTIALS_WRONG' | 'EMAIL_TAKEN' | 'SERVER_UNREACHABLE' | 'CALL_ABORTED' | 'STORE_FAILED';
