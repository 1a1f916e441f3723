/** Every limit that a caller can meet. CHECK constraints and input schemas share them. */

/** Most Unicode code points of a text. */
export const TITLE_MAX_CODE_POINTS = 500;
export const DESCRIPTION_MAX_CODE_POINTS = 10_000;
export const SEARCH_MAX_CODE_POINTS = 200;

export const TASKS_MAX_PER_OWNER = 100_000;

/** How long a repeated call is recognised by its idempotency key, and can be undone. */
export const IDEMPOTENCY_KEY_MAX_AGE_DAYS = 30;

/** Items of one call. */
export const CREATE_MANY_MAX_TASKS = 100;
export const CHANGE_MANY_MAX_IDS = 500;
export const IMPORT_MAX_TASKS = 500;

/** Items of one page. */
export const PAGE_MAX_ITEMS = 200;
export const PAGE_DEFAULT_ITEMS = 50;
export const CHANGES_MAX_ITEMS = 500;
export const CHANGES_DEFAULT_ITEMS = 200;

/** A page ends early where its items would be larger than that together, as JSON; one item always fits. */
export const PAGE_MAX_BYTES = 1_000_000;
/** Entities that an undo names because other calls have changed them since. */
export const UNDO_MAX_KEPT_ITEMS = 100;

/** How long history.rewind, history.undo and the deletion of an account may take; any other call takes at most ten seconds. */
export const LONG_CALL_MAX_MS = 120_000;

export const CURSOR_MAX_CHARACTERS = 4096;

/** One HTTP request. */
export const BODY_MAX_BYTES = 1_048_576;
export const BODY_MAX_DEPTH = 32;
export const BATCH_MAX_CALLS = 50;

/** What one person may have open at once on one instance. */
export const EXPORTS_MAX_PER_OWNER = 3;
export const WATCHES_MAX_PER_OWNER = 50;
