export { productVersion } from './backup/backup.ts';
export { backupElsewhere, scheduleBackups } from './backup/schedule.ts';
export { type BackupStatus, backupStatus } from './backup/status.ts';
export {
  DatabaseFailure,
  type DatabaseReason,
  describeFailure,
  findFailure,
  findRefusedValue,
  hasTooManyLabels,
  isEmailTaken,
  missingRequirement,
} from './connection/failure.ts';
export type { ConnectionUse } from './connection/pool.ts';
export { whenReachable } from './connection/reachable.ts';
export { type Database, openDatabase } from './database.ts';
export { authSecret } from './embedded/cluster.ts';
export { startEmbedded } from './embedded/embedded.ts';
export { databaseSettings, readSecretFiles } from './embedded/settings.ts';
export { columnsOf, eachEntity, fieldValues, givenBytes, omittedValues, sumBefore, toRow } from './entities.ts';
export { type HousekeepingObserver, purgeNames, type Sizes, startHousekeeping } from './housekeeping/housekeeping.ts';
export { setRetention } from './housekeeping/retention.ts';
export type { IdentityDb } from './identity.ts';
export { changedLabels, labelKey, labelKeys } from './labels.ts';
export { callEvents } from './log/call.ts';
export type { Head } from './log/heads.ts';
export { replayState } from './log/replay.ts';
export { restore } from './log/restore.ts';
export { rewind } from './log/rewind.ts';
export { entitiesAt } from './log/states.ts';
export { type Kept, undo } from './log/undo.ts';
export { adviceOnAccess, assertSchema, migrate } from './migrate/assert-schema.ts';
export { versionOf } from './migrate/version.ts';
export { type Builder, type OwnerDb, owner, prepare, type Statement } from './owner-db.ts';
export { arrayLiteral } from './schema/columns.ts';
export { placeOf } from './schema/tasks.ts';
export * as schema from './schema.ts';
export { containsWords } from './search.ts';
export {
  eachField,
  fieldColumns,
  givenColumns,
  givenNames,
  listColumns,
  patchValues,
  storedTaskMaxBytes,
  tables,
  taskColumns,
  taskJsonBytes,
} from './tables.ts';
export type { Notes } from './transaction.ts';
export type { UserId } from './user-id.ts';
