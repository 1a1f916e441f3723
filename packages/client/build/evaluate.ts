import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plugin } from 'rolldown';

/** Modules that the core needs the values of, and that are made from the schemas of the contract. */
const modules = ['procedures.ts', 'fields.ts'].map((file) => join(import.meta.dirname, '..', 'src', file));

/** Replaces modules by the values that they export, as JSON, so that a bundle does not contain what the values are made from. */
export const evaluated: Plugin = {
  name: 'evaluated',
  load: {
    filter: { id: modules },
    handler: async (file) => {
      const values: Record<string, unknown> = await import(pathToFileURL(file).href);
      const code = Object.entries(values).map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};`);
      return { code: code.join('\n'), moduleType: 'js', moduleSideEffects: false };
    },
  },
};
