/** Bounds that CHECK constraints and input schemas share. Lengths count Unicode code points. */
export const TITLE_MAX_CODE_POINTS = 500;
export const DESCRIPTION_MAX_CODE_POINTS = 10_000;
export const TASKS_MAX_PER_OWNER = 100_000;
