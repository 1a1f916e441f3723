import { task } from './entities/task.ts';
import type { Field } from './fields.ts';

/** What an owner has, by its name in the log, in the API and in files: a name is for ever. */
export const entities = { task };

export type EntityName = keyof typeof entities;

export interface Entity {
  /** The table that holds it. */
  table: string;
  /** What its owner writes. Each entity has `id`, `createdAt`, `updatedAt` and `version` besides. */
  fields: Record<string, Field>;
}

/** The column that holds a field. */
export const columnOf = (field: string) => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
