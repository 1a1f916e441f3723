/** All limits of the API. CHECK constraints and input schemas share them. */

/** Maximum number of Unicode code points of a text. */
export const TITLE_MAX_CODE_POINTS = 500;
export const DESCRIPTION_MAX_CODE_POINTS = 10_000;
export const SEARCH_MAX_CODE_POINTS = 200;

/** Quotas of one owner: tasks, and the bytes of their texts in UTF-8. */
export const TASKS_MAX_PER_OWNER = 100_000;
export const TASKS_MAX_BYTES_PER_OWNER = 200_000_000;

/** The log of one owner loses its oldest events after this time or above this size (1 MB is 1,000,000 bytes). An installation can set other values. */
export const LOG_KEEP_DAYS = 90;
export const LOG_MAX_MB = 100;

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
export const BODY_MAX_DEPTH = 32;
export const BATCH_MAX_CALLS = 50;

/** Limits per user and instance for concurrent requests. */
export const EXPORTS_MAX_PER_OWNER = 3;
export const WATCHES_MAX_PER_OWNER = 50;
