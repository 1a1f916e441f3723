import { exportDocument, procedures, type TaskExport } from '@todo/contract';
import type { Person, TestApi } from './api.ts';

export const task = procedures.tasks.get.output;
export const readDocument = (text: string): TaskExport => exportDocument.parse(JSON.parse(text));

export const exported = async (person: Person): Promise<TaskExport> => readDocument(await (await person.fetch('/export')).text());

/** A user with `count` tasks. */
export async function withTasks(api: TestApi, count: number, name?: string): Promise<Person> {
  const person = await api.signUp(name);
  for (let made = 0; made < count; made += 100) {
    const tasks = Array.from({ length: Math.min(100, count - made) }, (_, i) => ({ title: `Task ${made + i}` }));
    await person.client.jwt.tasks.createMany.mutate({ tasks });
  }
  return person;
}

/** Opens an export to read it in parts. */
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
