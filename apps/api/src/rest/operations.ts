import { type Procedure, procedures } from '@todo/contract';
import { z } from 'zod';
import { createDescribe } from './comments.ts';

export type JsonSchema = z.core.JSONSchema.BaseSchema;
type Method = 'get' | 'post' | 'patch' | 'delete';

/** A procedure as a resource. */
export interface Operation {
  /** The name of its procedure, such as tasks.edit. */
  procedure: string;
  kind: 'query' | 'mutation';
  method: Method;
  /** Such as /tasks/{id}/complete. */
  path: string;
  takesId: boolean;
  /** What the query or the body holds: the input without the id of the path. */
  input: JsonSchema;
  output: JsonSchema;
}

/** The standard methods of a collection, and of one of its items. All other procedures are resources with their own name. */
const ofCollection: Record<string, Method> = { list: 'get', create: 'post' };
const ofItem: Record<string, Method> = { get: 'get', edit: 'patch', remove: 'delete' };

const inWords = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Drops what says nothing more, or what some generators refuse: the pattern of a format, the limits of integers, and null for what is null anyway. */
function simplify(jsonSchema: JsonSchema): void {
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
  if (jsonSchema.default === null) delete jsonSchema.default;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
}

/** The JSON schema of OpenAPI 3.0, which generators in all languages read. Schemas with an id are named in `definitions`. */
export function createJsonSchemas(): (schema: z.ZodType, io: 'input' | 'output') => JsonSchema {
  const describe = createDescribe();
  const override = ({ zodSchema, jsonSchema }: { zodSchema: unknown; jsonSchema: JsonSchema }) => {
    simplify(jsonSchema);
    describe(zodSchema, jsonSchema);
  };
  return (schema, io) => z.toJSONSchema(schema, { target: 'openapi-3.0', io, override });
}

function operationOf(
  jsonSchemaOf: ReturnType<typeof createJsonSchemas>,
  group: string,
  name: string,
  { kind, input, output }: Procedure,
): Operation | undefined {
  if (kind === 'subscription') return undefined;
  const { default: _, required = [], properties: { id, ...properties } = {}, ...schema } = jsonSchemaOf(input, 'input');
  const takesId = id !== undefined && required.includes('id');
  const others = required.filter((property) => !takesId || property !== 'id');
  const standard = (takesId ? ofItem : ofCollection)[name];
  const place = `/${group}${takesId ? '/{id}' : ''}`;
  return {
    procedure: `${group}.${name}`,
    kind,
    method: standard ?? (kind === 'query' ? 'get' : 'post'),
    path: standard ? place : `${place}/${inWords(name)}`,
    takesId,
    input: {
      ...schema,
      properties: takesId || id === undefined ? properties : { id, ...properties },
      ...(others.length > 0 && { required: others }),
    },
    output: jsonSchemaOf(output, 'output'),
  };
}

/** All procedures of the contract except streams, which have no place in REST. */
export function operations(jsonSchemaOf = createJsonSchemas()): Operation[] {
  return Object.entries(procedures).flatMap(([group, members]) =>
    Object.entries<Procedure>(members).flatMap(([name, procedure]) => operationOf(jsonSchemaOf, group, name, procedure) ?? []),
  );
}

/** The operations at a path below /api/v1, by method, and the id in it. */
export function createFind(all: readonly Operation[]): (path: string) => { id?: string; found: ReadonlyMap<string, Operation> } {
  const byPath = Map.groupBy(all, ({ path }) => path);
  const byMethod = new Map([...byPath].map(([path, here]) => [path, new Map(here.map((operation) => [operation.method.toUpperCase(), operation]))]));
  const none = new Map<string, Operation>();
  return (path) => {
    const exact = path.includes('{') ? undefined : byMethod.get(path);
    if (exact) return { found: exact };
    const [, group, id, ...rest] = path.split('/');
    const found = byMethod.get(['', group, '{id}', ...rest].join('/'));
    return found && id ? { found, id } : { found: none };
  };
}
