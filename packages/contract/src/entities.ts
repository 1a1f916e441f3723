import { list } from './entities/list.ts';
import { task } from './entities/task.ts';

/**
 * Everything an owner has, by the name used in the log, the API and files. Names are permanent. `fields` are those that its owner writes; each entity also has
 * `id`, `createdAt`, `updatedAt` and `version`.
 */
export const entities = { list, task };

export type EntityName = keyof typeof entities;

/** An entity comes after those to which it refers. */
export const entityNames = ['list', 'task'] as const satisfies readonly EntityName[];

export const columnOf = (field: string) => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
