/** Every limit that a caller can meet. CHECK constraints and input schemas share them. */

/** Most Unicode code points of a text. */
export const TITLE_MAX_CODE_POINTS = 500;
export const DESCRIPTION_MAX_CODE_POINTS = 10_000;
export const SEARCH_MAX_CODE_POINTS = 200;

export const TASKS_MAX_PER_OWNER = 100_000;

/** Items of one call. */
export const CREATE_MANY_MAX_TASKS = 100;
export const CHANGE_MANY_MAX_IDS = 500;
export const IMPORT_MAX_TASKS = 500;

/** Items of one page. */
export const PAGE_MAX_ITEMS = 200;
export const PAGE_DEFAULT_ITEMS = 50;
export const CHANGES_MAX_ITEMS = 500;
export const CHANGES_DEFAULT_ITEMS = 200;

export const CURSOR_MAX_CHARACTERS = 4096;

/** One HTTP request. */
export const BODY_MAX_BYTES = 1_048_576;
export const BODY_MAX_DEPTH = 32;
export const BATCH_MAX_CALLS = 50;

/** What one person may have open at once on one instance. */
export const EXPORTS_MAX_PER_OWNER = 3;
export const WATCHES_MAX_PER_OWNER = 50;
