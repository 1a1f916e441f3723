import { describeFailure, findFailure, isServerError } from '@todo/db/connection/failure';

/** An error in words for an operator, without statements and values. */
export function explain(error: unknown): string {
  const failure = findFailure(error);
  if (failure) return `The database cannot be used: ${describeFailure(failure)}. Check DATABASE_URL, DATABASE_MIGRATION_URL and the server that they name.`;
  let root = error;
  while (root instanceof Error && root.cause instanceof Error && !isServerError(root)) root = root.cause;
  if (!isServerError(root)) return error instanceof Error ? error.message : String(error);
  const rights = root.code === '42501' ? ' This needs the login that owns the tables: DATABASE_MIGRATION_URL.' : '';
  return `The database refuses this: ${root.message}.${rights}`;
}
