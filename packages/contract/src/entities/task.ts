import { defaulted, nullable, required, text, timestamp } from '../fields.ts';
import { DESCRIPTION_MAX_CODE_POINTS, TITLE_MAX_CODE_POINTS } from '../limits.ts';

export const task = {
  table: 'tasks',
  fields: {
    /** 1 to 500 characters, not blank. */
    title: required(text(TITLE_MAX_CODE_POINTS, { visible: true, searched: true })),
    /** At most 10,000 characters; '' unless given. */
    description: defaulted(text(DESCRIPTION_MAX_CODE_POINTS, { searched: true }), ''),
    /** When it was completed; null while it is open. */
    completedAt: nullable(timestamp(), 'import'),
  },
};
