export {
  accountChange,
  addedPasskey,
  emailChange,
  emailChangeRequest,
  emailVerification,
  emailVerificationRequest,
  firstCode,
  linkSignIn,
  newAccount,
  passkeySignIn,
  passwordChange,
  passwordReset,
  passwordResetRequest,
  proof,
  removedPasskey,
  renamedPasskey,
  revokedSession,
  type SignInWays,
  type SignUpRule,
  signInCode,
  signInLinkRequest,
  signInVerification,
  signUpRules,
  type VerifyEmail,
  verifyEmailRules,
} from './account.ts';
export { columnOf, type EntityName, entities, entityNames } from './entities.ts';
export type { ErrorData } from './errors.ts';
export { type EventAction, eventActions, eventKinds } from './events.ts';
export { exportDocument, type TaskExport } from './export.ts';
export { type ColumnType, type Field, type FieldRule, type FieldValue, isSameValue, requirementsOf, type WrittenBy } from './fields.ts';
export { USER_HEADER } from './headers.ts';
export * from './limits.ts';
export type { HistoryEvent } from './procedures/history.ts';
export { type ImportList, importList, type List, list, type NewList } from './procedures/lists.ts';
export type { ChangePage } from './procedures/sync.ts';
export { type ImportTask, importTask, type NewTask, type RemovedTask, type Task, task } from './procedures/tasks.ts';
export { type Input, type Kind, type Output, type Parsed, type Procedure, procedures, type Stored } from './procedures.ts';
export { endedConnection, type ProviderClaims, providerClaims, providerConnection, providerSignIn } from './providers.ts';
export { type Reason, reasons, type ServerReason } from './reasons.ts';
export { completeRecurrence, type Frequency, formatRecurrence, type RecurrenceRule, type RuleDay, readRecurrence, selfContained } from './recurrence.ts';
export { requiresMessage } from './schemas.ts';
export { type AuthEventName, authEvents, type SecurityEvent, securityEventsPage } from './security-events.ts';
export { hasAtMost, isStorable } from './text.ts';
export { atMostMessage, DIFFERENT_NAMES_MESSAGE, isTimeZone } from './values.ts';
