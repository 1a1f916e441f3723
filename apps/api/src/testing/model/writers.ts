import { type ColumnType, type EntityName, type FieldValue, procedures } from '@todo/contract';
import { z } from 'zod';
import { json, type TestApi } from '../api.ts';
import type { Call } from './call.ts';
import { kinds } from './entities.ts';
import { labelCalls } from './labels.ts';
import type { Random } from './random.ts';

const output = (path: Call['path']): z.ZodType => {
  const [router = '', name = ''] = path.split('.');
  const found: { output: z.ZodType } | undefined = Object(procedures)[router]?.[name];
  if (!found) throw new Error(`There is no ${path}.`);
  return found.output;
};

/** A call that was made, when relative to others, and its outcome. */
export interface Made {
  call: Call;
  /** The highest log position in any response before it began. */
  known: number;
  began: number;
  ended: number;
  outcome: { answer: z.infer<typeof answered> } | { reason: string };
}

const answered = z.looseObject({ seq: z.int() });
const success = z.object({ result: z.object({ data: z.unknown() }) });
const failure = z.object({ error: z.object({ data: z.object({ reason: z.string() }) }) });

/** State shared by all writers of one owner. */
export class Desk {
  readonly made: Made[] = [];
  /** Of tasks, and of lists. */
  readonly ids: string[];
  readonly listIds: string[];
  readonly groupIds: string[];
  #ticks = 0;
  #known = 0;
  readonly #api: TestApi;

  constructor(api: TestApi, random: Random) {
    this.#api = api;
    this.ids = Array.from({ length: 24 }, random.uuid);
    this.listIds = Array.from({ length: 4 }, random.uuid);
    this.groupIds = Array.from({ length: 8 }, random.uuid);
  }

  get known(): number {
    return this.#known;
  }

  async send(call: Call, credential: Record<string, string>): Promise<Made['outcome']> {
    const { headers, ...init } = json(call.input);
    const response = await this.#api.fetch(`/trpc/${call.path}`, { ...init, headers: { ...headers, ...credential } });
    const body: unknown = await response.json();
    if (!response.ok) return { reason: failure.parse(body).error.data.reason };
    return { answer: answered.parse(output(call.path).parse(success.parse(body).result.data)) };
  }

  async make(call: Call, credential: Record<string, string>): Promise<void> {
    const [known, began] = [this.#known, this.#ticks++];
    const outcome = await this.send(call, credential);
    if ('answer' in outcome) this.#known = Math.max(this.#known, outcome.answer.seq);
    this.made.push({ call, known, began, ended: this.#ticks++, outcome });
  }
}

const samples: Record<ColumnType, FieldValue[]> = {
  text: [
    'A',
    'B',
    'null',
    '#00ff00',
    '#1e90ff',
    '10.5',
    '',
    'high',
    'completion',
    '09:30',
    '23:59',
    'Europe/Lisbon',
    'FREQ=DAILY',
    'FREQ=DAILY;COUNT=2',
    'FREQ=WEEKLY;BYDAY=MO,TH;UNTIL=20260210',
  ],
  date: ['2026-01-31', '2026-02-01'],
  uuid: [],
  texts: [['A'], ['b', 'C']],
  integers: [[0], [10, 60]],
  timestamp: ['2026-01-31T09:30:00.000Z', '2026-02-01T00:00:00.123Z'],
};
/** On which tasks are completed and skipped. */
const days = ['2026-01-30', '2026-01-31', '2026-02-05'];
/** For each field of an entity, the values that a random call may give it. */
const valuesOf = ({ fields }: (typeof kinds)[EntityName]) =>
  new Map(
    fields.map(([name, field]) => [
      name,
      [...samples[field.type].filter((value) => field.given.safeParse(value).success), ...(field.nullable || field.default !== undefined ? [null] : [])],
    ]),
  );
const values = { list: valuesOf(kinds.list), task: valuesOf(kinds.task) };

/** Returns the value after JSON serialization, untyped. */
const loose = (value: object) => JSON.parse(JSON.stringify(value));

/** Random values for inputs of one kind of entity. */
function inputsOf(entity: EntityName, { one }: Random, listIds: string[]) {
  const { fields, creatableNames, editableNames, requirements } = kinds[entity];
  const valuesFor = (among: string[]): Record<string, FieldValue> =>
    Object.fromEntries(
      among.map((field) => [field, field === 'listId' ? one([null, null, null, null, null, one(listIds)]) : one(values[entity].get(field) ?? [null])]),
    );
  /** Without fields that lack one that they require. */
  const whole = (among: string[]) => {
    const chosen = valuesFor(among);
    for (const [name, required] of requirements) if (chosen[required] === null) chosen[name] = null;
    return chosen;
  };
  /** A new one omits null values. */
  const fresh = (among: string[]) => Object.fromEntries(Object.entries(whole(among)).filter(([, value]) => value !== null));
  return {
    created: () => fresh(creatableNames),
    imported: () => fresh(fields.map(([field]) => field)),
    edited: () => whole(editableNames),
    editedOne: () => valuesFor([one(editableNames)]),
  };
}

/** A random call on lists and tasks that other writers change too. */
export function anyCall(random: Random, { ids, listIds, groupIds, made, known }: Desk): Call {
  const { below, one, some, uuid } = random;
  const [id, listId] = [one(ids), one(listIds)];
  const name = { mutationId: uuid(), ...(below(3) === 0 && { groupId: one(groupIds) }) };
  const [task, list] = [inputsOf('task', random, listIds), inputsOf('list', random, listIds)];
  const expectedOf = (of: string) => {
    const versions = made.flatMap(({ outcome }) => ('answer' in outcome && outcome.answer.id === of ? [Number(outcome.answer.version)] : []));
    const version = below(4) === 0 ? versions.at(-1) : undefined;
    return Number.isInteger(version) ? { expectedVersion: version } : {};
  };
  const [expected, expectedList] = [expectedOf(id), expectedOf(listId)];
  const at = { seq: 1 + below(Math.max(1, known)) };
  const answeredCalls = made.filter(({ call, outcome }) => 'answer' in outcome && call.input.mutationId !== undefined).map(({ call }) => call.input);
  const target = below(2) ? answeredCalls.slice(-20) : answeredCalls;
  const undone = target.length > 0 ? one(target) : undefined;
  const dry = below(5) === 0 ? { dryRun: true } : name;
  const chosen = some(ids, 3);
  const beside = (moving: string[], among = ids) => {
    const neighbor = one(among.filter((each) => !moving.includes(each)));
    return one([{}, { before: neighbor }, { after: neighbor }]);
  };
  const calls: (() => Call)[] = [
    () => ({ path: 'tasks.create', input: loose({ ...(below(4) > 0 && { id }), ...task.created(), ...name }) }),
    () => ({ path: 'tasks.edit', input: loose({ id, ...task.edited(), ...expected, ...name }) }),
    () => ({ path: 'tasks.edit', input: loose({ id, ...task.editedOne(), ...expected, ...name }) }),
    () => ({ path: 'tasks.edit', input: loose({ id, ...task.editedOne(), ...name }) }),
    () =>
      below(3)
        ? { path: 'tasks.complete', input: { id, on: one(days), subtasks: 'groupId' in name, ...expected, ...name } }
        : { path: 'tasks.skip', input: { id, on: one(days), ...expected, ...name } },
    () => ({ path: 'tasks.reopen', input: { id, ...expected, ...name } }),
    () => ({ path: 'tasks.move', input: { id, ...expected, ...beside([id]), ...name } }),
    () => ({ path: 'tasks.move', input: { id, ...beside([id]), ...name } }),
    () => ({ path: 'tasks.moveMany', input: { ids: chosen, ...beside(chosen), ...name } }),
    () => ({ path: 'tasks.remove', input: { id, ...expected, ...name } }),
    () => ({ path: 'tasks.restore', input: { id, ...name } }),
    () => ({ path: 'tasks.restore', input: { id, ...at, ...name } }),
    () => ({ path: 'tasks.createMany', input: { tasks: some(ids, 5).map((each) => loose({ id: each, ...task.created() })), ...name } }),
    () => ({ path: 'tasks.editMany', input: loose({ ids: some(ids, 3), ...task.editedOne(), ...name }) }),
    () => ({ path: 'tasks.completeMany', input: { ids: some(ids, 3), on: one(days), ...name } }),
    () => ({ path: 'tasks.removeMany', input: { ids: some(ids, 3), ...name } }),
    () => ({ path: 'tasks.import', input: { tasks: some(ids, 6).map((each) => loose({ id: each, ...task.imported() })), ...name } }),
    () => ({ path: 'lists.create', input: loose({ id: listId, ...list.created(), ...name }) }),
    () => ({ path: 'lists.create', input: loose({ id: listId, ...list.created(), ...name }) }),
    () => ({ path: 'lists.edit', input: loose({ id: listId, ...list.editedOne(), ...expectedList, ...name }) }),
    () => ({ path: one(['lists.archive', 'lists.unarchive'] as const), input: { id: listId, ...expectedList, ...name } }),
    () => ({ path: 'lists.move', input: { id: listId, ...expectedList, ...beside([listId], listIds), ...name } }),
    () => ({ path: 'lists.remove', input: { id: listId, tasks: one(['inbox', 'remove'] as const), ...expectedList, ...name } }),
    () => ({ path: 'lists.restore', input: { id: listId, ...(below(2) && at), ...name } }),
    () => ({ path: 'lists.import', input: { lists: some(listIds, 4).map((each) => loose({ id: each, ...list.imported() })), ...name } }),
    ...labelCalls(random, ids, name),
    () => ({ path: 'history.rewind', input: { to: below(3) ? Math.max(0, known - below(20)) : below(known + 1), ...dry } }),
    () => ({ path: 'history.undo', input: { of: { mutationId: undone?.mutationId ?? uuid() }, ...dry } }),
    () => ({
      path: 'history.undo',
      input: undone?.groupId ? { of: { groupId: undone.groupId }, ...dry } : { of: { mutationId: undone?.mutationId ?? uuid() }, ...dry },
    }),
  ];
  return one(calls)();
}
