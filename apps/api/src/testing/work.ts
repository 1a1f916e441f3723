/** Pages of an index descent and the row. */
export const ROW = 5;
export const PAGE = 51;

export const reads = { on: 'open', statements: 1 } as const;
export const page = { ...reads, pages: 2 * PAGE };
/** Any index that begins with the owner can be used to read all tasks. */
export const tasksOfOwner = ['tasks_pkey', 'tasks_newest_idx', 'tasks_updated_idx', 'tasks_title_idx', 'tasks_place_idx'];
export const byLabel = ['task_labels_pkey', 'tasks_pkey'];
