import { TRPCError } from '@trpc/server';
import { ApiError } from '../errors.ts';
import { readText } from '../http/body.ts';
import type { JsonSchema, Operation } from './operations.ts';

/** A parameter of a query. The properties of an object are parameters of their own, such as `due.from`. */
export interface QueryParameter {
  name: string;
  schema: JsonSchema;
  required: boolean;
}

/** Stands for null in a query. */
const NULL = 'null';

const isSchema = (schema: JsonSchema | boolean): schema is JsonSchema => typeof schema === 'object';

export function parametersOf({ properties = {}, required = [] }: JsonSchema): QueryParameter[] {
  return Object.entries(properties).flatMap(([name, schema]): QueryParameter[] => {
    if (!isSchema(schema)) return [];
    if (schema.type !== 'object') return [{ name, schema, required: required.includes(name) }];
    const { description, nullable } = schema;
    const about = description === undefined ? {} : { description };
    const inside = parametersOf(schema).map((inner) => ({ ...inner, name: `${name}.${inner.name}`, schema: { ...about, ...inner.schema } }));
    return nullable ? [{ name, schema: { ...about, type: 'string', enum: [NULL] }, required: false }, ...inside] : inside;
  });
}

function parse(text: string, { type, nullable, enum: choices }: JsonSchema): unknown {
  if (text === NULL && (nullable || choices?.includes(NULL))) return null;
  if (type === 'integer' && /^-?\d{1,15}$/.test(text)) return Number(text);
  // Python's clients write True.
  if (type === 'boolean' && /^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  return text;
}

/** What cannot be read stays as it is, and the input schema says what is wrong with it. */
function readQuery(search: URLSearchParams, parameters: readonly QueryParameter[]): Map<string, unknown> {
  const known = new Map(parameters.map(({ name, schema }) => [name, schema]));
  const input = new Map<string, unknown>();
  for (const name of new Set(search.keys())) {
    const schema = known.get(name) ?? {};
    const texts = search.getAll(name);
    const { items } = schema;
    const isList = schema.type === 'array' && typeof items === 'object' && !Array.isArray(items);
    const values = texts.map((text) => parse(text, isList ? items : schema));
    const value = isList || values.length > 1 ? values : values[0];
    const [outer = '', inner] = known.has(name) ? name.split('.') : [name];
    const before = input.get(outer);
    if (inner === undefined) input.set(outer, value);
    else if (before === undefined || before instanceof Map) input.set(outer, new Map(before).set(inner, value));
    else input.set(name, value);
  }
  return new Map([...input].map(([name, value]) => [name, value instanceof Map ? Object.fromEntries(value) : value]));
}

async function readBody(request: Request): Promise<unknown> {
  const text = await readText(request);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TRPCError({ code: 'PARSE_ERROR', message: 'The body is not valid JSON.', cause });
  }
}

const conflict = (field: string, message: string) => new ApiError('INVALID_INPUT', { fields: { [field]: [message] } });

/** Names the call, as in https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header. It is a string in quotes there; a bare one is taken too. */
const keyOf = ({ headers }: Request) => headers.get('idempotency-key')?.replace(/^"(.*)"$/, '$1');

/** Throws for what would have no effect, such as a version that is expected. */
async function assertNothingElsewhere(request: Request, method: Operation['method'], search: URLSearchParams): Promise<void> {
  const [name] = search.keys();
  if (method !== 'get' && method !== 'delete' && name !== undefined) throw conflict(name, 'goes into the body');
  if (method === 'delete' && (await readText(request)) !== '') throw conflict('', 'goes into the query');
}

/** The input of the procedure: the query or the body, the id of the path, and the idempotency key of the header. */
export async function readInput(request: Request, { method, kind }: Operation, parameters: readonly QueryParameter[], id?: string): Promise<unknown> {
  const hasBody = method === 'post' || method === 'patch';
  const { searchParams } = new URL(request.url);
  await assertNothingElsewhere(request, method, searchParams);
  const given = hasBody ? await readBody(request) : Object.fromEntries(readQuery(searchParams, parameters));
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return given;
  const input: Record<string, unknown> = { ...given };
  if (id !== undefined) {
    if (Object.hasOwn(input, 'id')) throw conflict('id', 'is part of the path');
    input.id = id;
  }
  const key = kind === 'mutation' ? keyOf(request) : undefined;
  if (key === undefined) return input;
  if (Object.hasOwn(input, 'mutationId') && input.mutationId !== key) throw conflict('mutationId', 'differs from the header Idempotency-Key');
  return { ...input, mutationId: key };
}
