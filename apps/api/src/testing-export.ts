import { z } from 'zod';
import type { Person, TestApi } from './testing.ts';

export const task = z.strictObject({
  id: z.uuid(),
  title: z.string(),
  description: z.string(),
  completedAt: z.string().nullable(),
  createdAt: z.string(),
  updatedAt: z.string(),
  version: z.int(),
});
const change = z.strictObject({ from: z.string().nullable(), to: z.string().nullable() }).optional();
const event = z.strictObject({
  seq: z.int(),
  taskId: z.uuid(),
  action: z.string(),
  at: z.string(),
  mutationId: z.uuid().nullable(),
  changes: z.strictObject({ title: change, description: change, completedAt: change }),
});
/** All that an export may hold. */
const exportDocument = z.strictObject({
  format: z.literal('todo-export'),
  version: z.literal(1),
  exportedAt: z.iso.datetime(),
  upto: z.int(),
  wholeFrom: z.int(),
  tasks: z.array(task),
  history: z.array(event),
});
export type ExportDocument = z.output<typeof exportDocument>;

export const readDocument = (text: string): ExportDocument => exportDocument.parse(JSON.parse(text));

export const exported = async (person: Person): Promise<ExportDocument> => readDocument(await (await person.fetch('/export')).text());

/** A person with so many tasks, made in batches. */
export async function withTasks(api: TestApi, count: number, name?: string): Promise<Person> {
  const person = await api.signUp(name);
  for (let made = 0; made < count; made += 100) {
    const tasks = Array.from({ length: Math.min(100, count - made) }, (_, i) => ({ title: `Task ${made + i}` }));
    await person.client.jwt.tasks.createMany.mutate({ tasks });
  }
  return person;
}

/** Opens an export, to be taken part by part. */
export async function openExport(api: TestApi, person: Person) {
  const response = await api.fetch('/export', { headers: person.headers.jwt });
  if (!response.body) throw new Error('This answer has no body.');
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const next = async () => (await reader.read()).value;
  const rest = async (text = '') => {
    for (let part = await next(); part !== undefined; part = await next()) text += part;
    return text;
  };
  return { next, rest, cancel: () => reader.cancel() };
}
