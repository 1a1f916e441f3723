/** Events that one step of trimming deletes from a log of usual length. Its owner's changes wait for the deletion. */
export const TRIM_EVENTS = 5_000;

/** Rows that one step of another purge deletes. */
export const PURGE_ROWS = 1_000;
