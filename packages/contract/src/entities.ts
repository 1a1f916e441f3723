import { task } from './entities/task.ts';
import type { Field } from './fields.ts';

/** Everything an owner has, by the name used in the log, the API and files. Names are permanent. */
export const entities = { task };

export type EntityName = keyof typeof entities;

export interface Entity {
  table: string;
  /** The fields its owner writes. Each entity also has `id`, `createdAt`, `updatedAt` and `version`. */
  fields: Record<string, Field>;
}

export const columnOf = (field: string) => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
