import { nullable, required } from '../fields.ts';
import { LIST_NAME_MAX_CODE_POINTS } from '../limits.ts';
import { color, text, timestamp } from '../values.ts';

export const list = {
  table: 'lists',
  fields: {
    /** 1 to 200 characters, not blank. */
    name: required(text(LIST_NAME_MAX_CODE_POINTS, { visible: true })),
    /** Such as '#1e90ff'; null for none. */
    color: nullable(color(), { writtenBy: 'edit' }),
    /** When it was archived; null while it is in use. */
    archivedAt: nullable(timestamp(), { writtenBy: 'import' }),
  },
};
