export type BackupReason =
  | 'NOT_A_BACKUP' // not a file in our format
  | 'DAMAGED' // a backup that was changed or truncated
  | 'NEWER_VERSION'
  | 'KEY_NEEDED'
  | 'WRONG_KEY'
  | 'FILE_SYSTEM'
  | 'EXISTS'
  | 'NOT_MIGRATED'
  | 'NOT_EMPTY'
  | 'WRONG_NAME'
  | 'UNKNOWN_OWNER'
  | 'DIFFERENT'; // the restored data differs from the backup

/** A failure that an operator can act on. The message says how, and contains no user data. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
  readonly reason: BackupReason;

  constructor(reason: BackupReason, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}

export const damaged = (what: string, cause?: unknown) =>
  new BackupError('DAMAGED', `The backup is damaged: ${what}. Nothing was changed. Use another one.`, cause);

/** Converts an error of the file system, such as a full disk or a missing file. */
export const fileFailure = (path: string, error: unknown) =>
  error instanceof Error && 'code' in error && 'syscall' in error ? new BackupError('FILE_SYSTEM', `${path} cannot be used: ${error.message}.`, error) : error;
