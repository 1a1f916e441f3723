/** Why a backup cannot be made, read or restored. */
export type BackupReason =
  | 'NOT_A_BACKUP' // no file of ours at all
  | 'DAMAGED' // one of ours that was changed or cut
  | 'NEWER_VERSION'
  | 'KEY_NEEDED'
  | 'WRONG_KEY'
  | 'FILE_SYSTEM'
  | 'EXISTS'
  | 'NOT_MIGRATED'
  | 'NOT_EMPTY'
  | 'WRONG_NAME'
  | 'UNKNOWN_OWNER'
  | 'DIFFERENT'; // what was restored is not what was backed up

/** A failure that an operator can act on; its message says how, and holds nothing that a person has stored. */
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

/** What the file system says, such as that there is no room or no such file. */
export const fileFailure = (path: string, error: unknown) =>
  error instanceof Error && 'code' in error && 'syscall' in error ? new BackupError('FILE_SYSTEM', `${path} cannot be used: ${error.message}.`, error) : error;
