import { schema, tables } from '@todo/db';
import { getTableColumns } from 'drizzle-orm';

const columns = new Map(Object.entries(getTableColumns(schema.tasks)));

/** SQL that selects the fields of a task under their API names. */
export const visibleColumns = ['id', ...tables.task.fieldNames, 'createdAt', 'updatedAt', 'version']
  .map((name) => `${columns.get(name)?.name} as "${name}"`)
  .join(', ');
