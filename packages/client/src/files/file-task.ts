import { type ColumnType, type EntityName, entities, type Field, type ImportList, type ImportTask, importList, importTask } from '@todo/contract';
import { toTimestamp } from './timestamp.ts';

/** An error in a field, such as 'must not be blank'. The field '' is the list or task as a whole. */
export interface Fault {
  field: string;
  message: string;
}

/** The properties of an object; empty for any other value. */
const fieldsOf = (value: unknown): Map<string, unknown> => new Map(typeof value === 'object' && value !== null ? Object.entries(value) : []);

/** For each type, how to read forms that a file may use and the server does not accept, and the message for invalid values. */
const forms: Record<ColumnType, { read(value: unknown): unknown; message: string }> = {
  text: { read: (value) => value, message: 'must be text' },
  date: { read: (value) => value, message: 'must be a real date, such as 2026-01-31' },
  uuid: { read: (value) => value, message: 'must be a UUID' },
  texts: { read: (value) => value, message: 'must be a list of texts' },
  integers: { read: (value) => value, message: 'must be a list of numbers' },
  timestamp: {
    read: (value) => (typeof value === 'string' ? (toTimestamp(value) ?? '') : value),
    message: 'must be a real date, such as 2026-01-31, or a time with its offset, such as 2026-01-31T12:00:00Z',
  },
};

type Fields = ReadonlyMap<string, Field>;

/** The id and the fields. A field that is null or missing in the file is omitted. */
function toInput(fields: Fields, value: unknown): Record<string, unknown> {
  const given = fieldsOf(value);
  const values = [...fields].map(([name, { type }]) => [name, forms[type].read(given.get(name) ?? undefined)]);
  return { id: given.get('id'), ...Object.fromEntries(values) };
}

/** Messages of the contract are specific, except for values of a wrong type or format. */
function toFault(
  fields: Fields,
  { code, path: [name = ''], message }: { code: string; path: PropertyKey[]; message: string },
  input: Record<string, unknown>,
): Fault {
  const field = String(name);
  const type = fields.get(field)?.type;
  if (type === undefined || !/^invalid_(type|format)$/.test(code)) return { field, message };
  return { field, message: input[field] === undefined ? 'is missing' : forms[type].message };
}

export interface Imports {
  list: ImportList;
  task: ImportTask;
}

const schemas = { list: importList, task: importTask };

/** Returns a function that validates the lists or tasks of one import and returns the normalized one or its errors. Ids must be unique. */
export function createReader<Name extends EntityName>(name: Name): (value: unknown) => Imports[Name] | Fault[];
export function createReader(name: EntityName): (value: unknown) => object | Fault[] {
  const fields: Fields = new Map(Object.entries(entities[name].fields));
  const ids = new Set<string>();
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [{ field: '', message: 'must be an object' }];
    const input = toInput(fields, value);
    const { data, error } = schemas[name].safeParse(input);
    const faults = error?.issues.map((issue) => toFault(fields, issue, input)) ?? [];
    const id = String(input.id).toLowerCase();
    if (ids.has(id)) faults.push({ field: 'id', message: 'must not repeat an earlier one' });
    if (!data || faults.length > 0) return faults;
    ids.add(id);
    return data;
  };
}
