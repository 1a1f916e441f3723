/** All limits of the API. CHECK constraints and input schemas share them. */

/** Maximum number of Unicode code points of a text. */
export const TITLE_MAX_CODE_POINTS = 500;
export const DESCRIPTION_MAX_CODE_POINTS = 10_000;
export const SEARCH_MAX_CODE_POINTS = 200;

/** What an account holds. A mail server accepts no longer e-mail address. */
export const NAME_MAX_CODE_POINTS = 200;
export const EMAIL_MAX_CHARACTERS = 254;
export const IMAGE_MAX_CHARACTERS = 2_048;
export const PASSWORD_MIN_CHARACTERS = 8;
export const PASSWORD_MAX_CHARACTERS = 128;
/** A sign-in beyond it ends the oldest session. */
export const SESSIONS_MAX_PER_USER = 100;

export const TASKS_MAX_PER_OWNER = 100_000;

/** How long a retry is recognized by its idempotency key, and a call can be undone. */
export const IDEMPOTENCY_KEY_MAX_AGE_DAYS = 30;

/** Items in one call. */
export const CREATE_MANY_MAX_TASKS = 100;
export const CHANGE_MANY_MAX_IDS = 500;
export const IMPORT_MAX_TASKS = 500;

/** Items on one page. */
export const PAGE_MAX_ITEMS = 200;
export const PAGE_DEFAULT_ITEMS = 50;
export const CHANGES_MAX_ITEMS = 500;
export const CHANGES_DEFAULT_ITEMS = 200;

/** A page ends early when its items would exceed this size as JSON; it always has room for one item. */
export const PAGE_MAX_BYTES = 1_000_000;
/** Maximum number of entities listed in `kept` of an undo. */
export const UNDO_MAX_KEPT_ITEMS = 100;

/** Time limit of history.rewind, history.undo and the deletion of an account. Every other call has ten seconds. */
export const LONG_CALL_MAX_MS = 120_000;

export const CURSOR_MAX_CHARACTERS = 4096;

/** One HTTP request. */
export const BODY_MAX_BYTES = 1_048_576;
/** A request below /api/auth. */
export const AUTH_BODY_MAX_BYTES = 16_384;
export const BODY_MAX_DEPTH = 32;
export const BATCH_MAX_CALLS = 50;

/** Limits per user and instance for concurrent requests. */
export const EXPORTS_MAX_PER_OWNER = 3;
export const WATCHES_MAX_PER_OWNER = 50;
