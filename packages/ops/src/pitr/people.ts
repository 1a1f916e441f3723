import { ownersOf } from '@todo/db/log/owners';
import { type Head, verifyLog } from '@todo/db/log/verify';
import { withConnection } from '@todo/db/migrate/migrate';
import { Person, type Product } from '../product.ts';

export const emails = ['ada', 'ben', 'cleo', 'dora', 'emil'].map((name) => `${name}@example.com`);
const TASKS_PER_ROUND = 40;

export async function enter(product: Product, how: 'sign-up' | 'sign-in'): Promise<Person[]> {
  const people = emails.map((email) => new Person(product, email));
  for (const person of people) await person.enter(how);
  return people;
}

export async function work(people: Person[]): Promise<void> {
  for (const person of people) {
    const tasks = Array.from({ length: TASKS_PER_ROUND }, (_, i) => ({ title: `Task ${i}` }));
    const made: { result: { data: { tasks: { id: string }[] } } } = JSON.parse(await person.change('tasks.createMany', { tasks }));
    const ids = made.result.data.tasks.map(({ id }) => id);
    await person.change('tasks.completeMany', { ids: ids.slice(0, 10) });
    await person.change('tasks.removeMany', { ids: ids.slice(10, 15) });
    for (const id of ids.slice(15, 20)) await person.change('tasks.edit', { id, title: 'Edited', description: 'Grüße aus Zürich' });
  }
}

/** The head of every owner's log. Throws unless all logs are sound. */
const verifiedHeads = (ownerUrl: string): Promise<Map<string, Head>> =>
  withConnection(ownerUrl, async (connection) => {
    const heads = new Map<string, Head>();
    for await (const { owner } of ownersOf(connection)) {
      const { head, fault } = await verifyLog(connection, owner);
      if (fault) throw new Error(`owner ${owner}: event ${fault.seq} ${fault.what}`);
      heads.set(owner, head);
    }
    return heads;
  });

/** The number of tasks, and each response of the product by a name for it. */
export interface State {
  tasks: number;
  parts: Map<string, string>;
}

/** What users see of their tasks, and the heads of their logs. Throws when a count differs from the listed tasks, or a log is not sound. */
export async function readState(people: Person[], ownerUrl: string): Promise<State> {
  const state: State = { tasks: 0, parts: new Map() };
  for (const [i, person] of people.entries()) {
    const list = await person.read('tasks.list', { limit: 200 });
    const { result }: { result: { data: { items: { completedAt: string | null }[] } } } = JSON.parse(list);
    const completed = result.data.items.filter(({ completedAt }) => completedAt !== null).length;
    const counts = { open: result.data.items.length - completed, completed };
    const counted = await person.read('tasks.counts', {});
    if (counted !== JSON.stringify({ result: { data: counts } })) throw new Error(`The counts of ${emails[i]} differ from the listed tasks: ${counted}`);
    state.tasks += result.data.items.length;
    state.parts.set(`tasks of ${emails[i]}`, list);
    state.parts.set(`removed tasks of ${emails[i]}`, await person.read('tasks.removed', {}));
  }
  for (const [owner, head] of await verifiedHeads(ownerUrl)) state.parts.set(`log of ${owner}`, JSON.stringify(head));
  return state;
}

export const differences = (before: State, after: State): string[] =>
  [...new Set([...before.parts.keys(), ...after.parts.keys()])].filter((part) => before.parts.get(part) !== after.parts.get(part));
