/** Versions of the export that can be read. Version 2 has another history, version 3 has lists and the other fields of a task. */
export const EXPORT_VERSIONS: unknown[] = [1, 2, 3];
