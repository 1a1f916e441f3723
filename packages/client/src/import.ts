/** Reading files of tasks, and writing them in other formats. It is an entry point of its own, because its parsers are larger than the client. */

export type { LineMessage, ReadOptions, TaskFileKind } from './files/drafts/draft.ts';
export { tasksToCsv } from './files/exports/csv.ts';
export { tasksToICalendar } from './files/exports/icalendar.ts';
export { type FileTask, readTaskFile, type TaskFile } from './files/task-file.ts';
