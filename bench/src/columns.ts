import { schema, tables } from '@todo/db';
import { getTableColumns } from 'drizzle-orm';

const columns = new Map(Object.entries(getTableColumns(schema.tasks)));

/** SQL that selects the fields of a task under their API names. A date is a text, which the driver does not turn into an instant. */
export const visibleColumns = ['id', ...tables.task.fieldNames, 'createdAt', 'updatedAt', 'version']
  .map((name) => {
    const column = columns.get(name);
    return `${column?.name}${column?.getSQLType() === 'date' ? '::text' : ''} as "${name}"`;
  })
  .join(', ');
