import { entities } from '@todo/contract';

/** The columns of our own CSV: those of a task, and the name of its list. */
export const FIRST_COLUMNS = ['id', 'list'];
export const LAST_COLUMNS = ['createdAt', 'updatedAt', 'version'];
export const ownColumns = (): string[] => [...FIRST_COLUMNS, ...Object.keys(entities.task.fields), ...LAST_COLUMNS];

/** A program for spreadsheets takes a cell that begins so for a formula. An apostrophe is guarded too, so that a guard can be told from one. */
const GUARDED = /^[=+\-@\t\r']/;

export const guard = (text: string): string => (GUARDED.test(text) ? `'${text}` : text);
export const unguard = (text: string): string => (/^'[=+\-@\t\r']/.test(text) ? text.slice(1) : text);
