import { visibleColumns } from './columns.ts';
import type { Person } from './people.ts';
import type { Sql } from './postgres.ts';
import { FIRST_DAY, FOUND_EVERY, SEARCH, UNREAD_CHANGES } from './seed.ts';

/** A request of one user to any server, with the product's procedure names and inputs. */
export interface Call {
  person: Person;
  procedure: string;
  changes: boolean;
  input: Record<string, unknown>;
}

/** For each user, the tasks that requests use. */
export type TaskIds = Map<Person, string[]>;

export interface Operation {
  name: string;
  /** Its label in the results. */
  title: string;
  /** The comparisons have no order, no due dates and no log. */
  oursAlone?: true;
  /** The users that send it. Readers and writers are separate, so that checked answers do not change. */
  group: 'readers' | 'writers' | 'large' | 'planners' | 'repeaters';
  /** The calls that a user repeats, in this order. `salt` makes written values differ between runs. */
  calls(person: Person, ids: string[], salt: string): Call[];
  /** The expected answer, read from the database. */
  expected(sql: Sql, call: Call, answer: unknown): Promise<unknown>;
}

const reading = (person: Person, procedure: string, input: Call['input'] = {}): Call => ({ person, procedure, changes: false, input });
const writing = (person: Person, procedure: string, input: Call['input']): Call => ({ person, procedure, changes: true, input });

const columns = (sql: Sql) => sql.unsafe(visibleColumns);

/** The expected page of a list, by SQL that is independent of all servers. */
async function listed(sql: Sql, { person, input: { limit = 50, completed, search = '' } }: Call) {
  const items = await sql`
    select ${columns(sql)} from tasks
    where user_id = ${person.id} and (${completed !== false} or completed_at is null) and strpos(title || ' ' || description, ${String(search)}) > 0
    order by created_at desc, id desc limit ${Number(limit)}`;
  return { items };
}

async function written(sql: Sql, { person }: Call, answer: unknown) {
  const [task] = await sql`select ${columns(sql)} from tasks where user_id = ${person.id} and id = ${String(Object(answer).id)}`;
  return task;
}

/** A page in an order that only the product has. */
const planned = (name: string, title: string, input: Call['input'], text: string): Operation => ({
  name,
  title,
  oursAlone: true,
  group: 'planners',
  calls: (person) => [reading(person, 'tasks.list', { limit: 20, ...input })],
  expected: async (sql, { person }) => ({ items: await sql`select ${columns(sql)} from tasks where user_id = ${person.id} ${sql.unsafe(text)}, id limit 20` }),
});

const list = (name: string, title: string, input: Call['input'], group: Operation['group'] = 'readers'): Operation => ({
  name,
  title,
  group,
  calls: (person) => [reading(person, 'tasks.list', input)],
  expected: listed,
});

export const operations: Operation[] = [
  list('list', 'list 20', { limit: 20 }),
  list('open', 'list 20, open ones', { limit: 20, completed: false }),
  list('page', 'list 50 of 10,000', { limit: 50 }, 'large'),
  list('search', `search, 1 in ${FOUND_EVERY}`, { limit: 20, search: SEARCH }),
  {
    name: 'get',
    title: 'get',
    group: 'readers',
    calls: (person, ids) => ids.map((id) => reading(person, 'tasks.get', { id })),
    expected: async (sql, { person, input }) => {
      const [task] = await sql`select ${columns(sql)} from tasks where user_id = ${person.id} and id = ${String(input.id)}`;
      return task;
    },
  },
  {
    name: 'counts',
    title: 'counts',
    group: 'readers',
    calls: (person) => [reading(person, 'tasks.counts')],
    expected: async (sql, { person }) => {
      const [counts] =
        await sql`select count(*)::int - count(completed_at)::int as open, count(completed_at)::int as completed from tasks where user_id = ${person.id}`;
      return counts;
    },
  },
  {
    name: 'create',
    title: 'create',
    group: 'writers',
    calls: (person, _, salt) => [writing(person, 'tasks.create', { title: `Created in ${salt}` })],
    expected: written,
  },
  {
    name: 'edit',
    title: 'edit',
    group: 'writers',
    calls: (person, ids, salt) =>
      ['first', 'second'].flatMap((turn) => ids.map((id) => writing(person, 'tasks.edit', { id, title: `Edited in ${salt}, ${turn} turn` }))),
    expected: written,
  },
  {
    name: 'complete',
    title: 'complete, reopen',
    group: 'writers',
    calls: (person, ids) => ids.flatMap((id) => ['tasks.complete', 'tasks.reopen'].map((procedure) => writing(person, procedure, { id }))),
    expected: written,
  },
  planned('order', 'list 20 in order', { listId: null, parentId: null, sort: 'position', order: 'asc' }, 'order by position collate "C"'),
  planned(
    'due',
    'due on a day, 10',
    { due: { from: FIRST_DAY, to: FIRST_DAY }, completed: false, sort: 'due', order: 'asc' },
    `and completed_at is null and due_date = '${FIRST_DAY}' order by due_date`,
  ),
  {
    name: 'move',
    title: 'move',
    oursAlone: true,
    group: 'repeaters',
    // The first one to the end, each other one behind the one before, so that every call moves a task.
    calls: (person, ids) => ids.map((id, i) => writing(person, 'tasks.move', { id, ...(i > 0 && { after: ids[i - 1] }) })),
    expected: written,
  },
  {
    name: 'repeat',
    title: 'complete, recurring',
    oursAlone: true,
    group: 'repeaters',
    calls: (person, ids) => ids.map((id) => writing(person, 'tasks.complete', { id })),
    expected: written,
  },
  {
    name: 'history',
    title: 'history 20',
    oursAlone: true,
    group: 'readers',
    calls: (person) => [reading(person, 'history.list', { limit: 20 })],
    expected: async (sql, { person }) => ({
      items: await sql`select seq::int, entity, entity_id as id, action, at from events where user_id = ${person.id} order by seq desc limit 20`,
    }),
  },
  {
    name: 'changes',
    title: `changes, ${UNREAD_CHANGES} of 1,000`,
    oursAlone: true,
    group: 'readers',
    calls: (person) => [reading(person, 'sync.changes', { cursor: person.cursor })],
    expected: async (sql, { person }) => {
      const tasks = await sql`select ${columns(sql)} from tasks where user_id = ${person.id}`;
      const events =
        await sql`select seq::int, entity, entity_id as id from events where user_id = ${person.id} and seq > ${Number.parseInt(person.cursor, 10)} order by seq`;
      return {
        changes: events.map((event) => ({ ...event, value: tasks.find(({ id }) => id === event.id) })),
        more: false,
        reset: false,
      };
    },
  },
];

/** The oldest open tasks of each user, for requests on single tasks. */
export async function readIds(sql: Sql, people: Person[], perPerson: number): Promise<TaskIds> {
  const ids: TaskIds = new Map();
  for (const person of people) {
    const rows = await sql`select id from tasks where user_id = ${person.id} and completed_at is null order by created_at, id limit ${perPerson}`;
    ids.set(
      person,
      rows.map(({ id }) => String(id)),
    );
  }
  return ids;
}
