import type { HistoryEvent } from '@todo/contract';
import { expect } from 'vitest';
import { z } from 'zod';
import type { Call } from './call.ts';
import { type Change, changesOf, type Life, type Wanted } from './entities.ts';
import { withLists } from './lists.ts';
import { Model } from './model.ts';

/** A list or task in a response. */
const stored = z.looseObject({ id: z.string(), createdAt: z.string(), updatedAt: z.string(), version: z.number() });
type Stored = z.output<typeof stored>;
const storedIn = z.union([
  z.looseObject({ tasks: z.array(stored) }).transform(({ tasks }) => tasks),
  z.looseObject({ entities: z.array(stored) }).transform(({ entities }) => entities),
  stored.transform((entity) => [entity]),
]);

/** Compares the responses of the API with the model, call by call. */
export class Referee {
  readonly #model = new Model();
  readonly #history: HistoryEvent[];
  readonly #events: Map<string | null, HistoryEvent[]>;
  /** Log positions at which calls were complete. */
  readonly #ends = new Set([0]);

  constructor(history: HistoryEvent[]) {
    this.#history = history;
    this.#events = Map.groupBy(history, ({ mutationId }) => mutationId);
  }

  /** Last log position of the calls applied so far. */
  get end(): number {
    return this.#model.changes.length;
  }

  /** Registers the group ids of all successful calls. */
  register(calls: Call[]): void {
    for (const { input } of calls) if (input.mutationId) this.#model.groups.set(input.mutationId, input.groupId);
  }

  eventsOf({ input: { mutationId } }: Call): HistoryEvent[] {
    return (mutationId && this.#events.get(mutationId)) || [];
  }

  add(events: HistoryEvent[]): void {
    this.#history.push(...events);
    for (const [id, found] of Map.groupBy(events, ({ mutationId }) => mutationId)) this.#events.set(id, found);
  }

  #entityAt(id: string, life: Life, seq: number) {
    const last = this.#history.slice(0, seq).findLast((event) => event.id === id);
    return { id, ...life.content, version: life.version, createdAt: life.created.at, updatedAt: last?.at };
  }

  /** Expects that these are all current lists and tasks. */
  expectAll(found: Stored[]): void {
    const seq = this.#model.changes.length;
    this.#learnCreation({ entities: found }, seq);
    expect(found).toEqual(this.#entitiesAt(seq));
  }

  /** Expects that the lists and tasks have their content at a log position. Between the changes of one call, a task may be in a list that is removed. */
  expectContents(found: Stored[], seq: number): void {
    const state = this.#model.stateAt(seq);
    const wanted = [...state].map(([id, { entity, content }]): Wanted => ({ entity, id, content }));
    const then = withLists(wanted, state).map(({ id, content }) => ({ id, ...content }));
    expect(found.map(({ createdAt: _, updatedAt: __, version: ___, ...rest }) => rest)).toEqual(then.sort((a, b) => (a.id < b.id ? -1 : 1)));
  }

  /** The results of the model for a refused call, at each end of a call between two positions. */
  refusals(call: Call, from: number, to: number): unknown[] {
    return [...this.#ends].filter((end) => from <= end && end <= to).map((end) => this.#model.plan(call, end, ''));
  }

  #entitiesAt(seq: number) {
    return [...this.#model.stateAt(seq)].map(([id, life]) => this.#entityAt(id, life, seq)).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  #expectEvent(event: HistoryEvent, change: Change): void {
    const { entity, id, action, mutationId } = change;
    const { at: _, ...said } = event;
    expect(said).toEqual({ seq: this.#model.changes.length + 1, entity, id, action, mutationId, changes: changesOf(change) });
  }

  /** The time at which this call completed open tasks, or archived a list in use. */
  #timeOf(answer: unknown, seq: number): string {
    const state = this.#model.stateAt(seq);
    for (const found of storedIn.safeParse(answer).data ?? []) {
      const field = state.get(found.id)?.entity === 'list' ? 'archivedAt' : 'completedAt';
      const time = found[field];
      if (typeof time === 'string' && state.get(found.id)?.content[field] === null) return time;
    }
    return '';
  }

  #learnCreation(answer: unknown, seq: number): void {
    for (const { id, createdAt } of storedIn.safeParse(answer).data ?? []) {
      const life = this.#model.stateAt(seq).get(id);
      if (life) life.created.at ??= createdAt;
    }
  }

  /** Applies the next call in log order. */
  apply(call: Call, answer: { seq: number }): void {
    const { end } = this;
    try {
      this.#apply(call, answer);
    } catch (cause) {
      throw new Error(`${JSON.stringify(call)} at ${end}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    }
  }

  #apply(call: Call, answer: { seq: number }): void {
    const model = this.#model;
    const before = model.changes.length;
    const plan = model.plan(call, before, this.#timeOf(answer, before));
    if (typeof plan === 'string') throw new Error(`The model refuses this call with ${plan}.`);
    const isDry = 'dryRun' in call.input && call.input.dryRun === true;
    const changes = isDry ? [] : plan.wanted.flatMap((wanted) => model.changeOf(wanted, before, plan.action, call.input.mutationId) ?? []);
    const byId = new Map(changes.map((change) => [change.id, change]));
    const events = this.eventsOf(call);
    expect(events.map(({ id }) => id).sort()).toEqual([...byId.keys()].sort());
    for (const event of events) {
      const change = byId.get(event.id);
      if (!change) continue;
      this.#expectEvent(event, change);
      model.add(change);
    }
    const { seq, ...rest } = answer;
    expect(seq).toBe(model.changes.length);
    this.#ends.add(seq);
    this.#learnCreation(answer, seq);
    const entity = (id: string) => {
      const life = model.stateAt(seq).get(id);
      return life && this.#entityAt(id, life, seq);
    };
    if ('entity' in plan.answer) expect(rest).toEqual(entity(plan.answer.entity));
    else if ('tasks' in plan.answer) expect(rest).toEqual({ tasks: plan.answer.tasks.map(entity) });
    else expect(rest).toEqual(plan.answer.rest);
  }
}
