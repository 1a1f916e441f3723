import { fieldNames, schema } from '@todo/db';
import { getTableColumns } from 'drizzle-orm';

const columns = new Map(Object.entries(getTableColumns(schema.tasks)));

/** What an answer shows of a task, as SQL that selects it under the names of the API. */
export const visibleColumns = ['id', ...fieldNames, 'createdAt', 'updatedAt', 'version'].map((name) => `${columns.get(name)?.name} as "${name}"`).join(', ');
