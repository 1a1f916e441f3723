import { assigned, nullable, required } from '../fields.ts';
import { LIST_NAME_MAX_CODE_POINTS } from '../limits.ts';
import { color, position, text, timestamp } from '../values.ts';

export const list = {
  table: 'lists',
  fields: {
    /** 1 to 200 characters, not blank. */
    name: required(text(LIST_NAME_MAX_CODE_POINTS, { visible: true })),
    /** Such as '#1e90ff'; null for none. */
    color: nullable(color(), { writtenBy: 'edit' }),
    /** Its place among the lists of its owner, as that of a task in its list. */
    position: assigned(position(), 'a0'),
    /** When it was archived; null while it is in use. */
    archivedAt: nullable(timestamp(), { writtenBy: 'import' }),
  },
};
