import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { entities, entityNames, procedures } from '@todo/contract';
import type { z } from 'zod';

const declaration = /^ *\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n *(\w+): ?/gm;

/** What the comments in a file of the contract say of the properties below them. */
function commentsIn(file: string): Map<string, string> {
  const source = readFileSync(fileURLToPath(new URL(file, import.meta.resolve('@todo/contract'))), 'utf8');
  return new Map([...source.matchAll(declaration)].map(([, comment = '', name = '']) => [name, comment.replace(/\s*\n\s*\*\s*/g, ' ').trim()]));
}

/** What the comments say of the procedures of a group. */
export const commentsOf = (group: string): Map<string, string> => commentsIn(`procedures/${group}.ts`);

type Describe = (schema: unknown, written: z.core.JSONSchema.BaseSchema) => void;

/** Writes what the comments say into the JSON of a schema: of the fields of lists and tasks, and of the filters of tasks. */
export function createDescribe(): Describe {
  const fields = new Map<unknown, string | undefined>();
  for (const name of entityNames) {
    const comments = commentsIn(`entities/${name}.ts`);
    for (const [field, { stored, given, patch }] of Object.entries(entities[name].fields))
      for (const schema of [stored, given, patch]) fields.set(schema, comments.get(field));
  }
  const filtered = procedures.tasks.list.input.unwrap();
  const filters = commentsIn('procedures/filters.ts');
  return (schema, written) => {
    const text = fields.get(schema);
    if (text !== undefined) written.description = text;
    if (schema !== filtered) return;
    // Properties with the same schema are one object here.
    for (const [name, property] of Object.entries(written.properties ?? {})) {
      const comment = filters.get(name);
      if (comment !== undefined && typeof property === 'object') written.properties = { ...written.properties, [name]: { ...property, description: comment } };
    }
  };
}
