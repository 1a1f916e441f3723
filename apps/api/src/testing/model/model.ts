import { type EventAction, type Input, type procedures, UNDO_MAX_KEPT_ITEMS } from '@todo/contract';
import { type Change, type Content, contentOf, differing, editableNames, edited, lacksRequired, type State, type Wanted } from './tasks.ts';
import { takeBack } from './undo.ts';

/** A model of what sequential calls of one owner must do, without SQL. */

type Tasks = (typeof procedures)['tasks'];
type History = (typeof procedures)['history'];
type TaskCall = { [Name in keyof Tasks]: { path: `tasks.${Name}`; input: NonNullable<Input<Tasks[Name]>> } };
type HistoryCall = { [Name in keyof History]: { path: `history.${Name}`; input: NonNullable<Input<History[Name]>> } };
type Mutations<Group> = { [Name in keyof Group]: Group[Name] extends { kind: 'mutation' } ? Name : never }[keyof Group];
export type Call = TaskCall[Mutations<Tasks>] | HistoryCall[Mutations<History>];

/** The changes of a call, and its result: a task, several, or something else. */
interface Plan {
  wanted: Wanted[];
  action: EventAction;
  answer: { task: string } | { tasks: string[] } | { rest: object };
}

export class Model {
  /** The state at each log position. */
  readonly states: State[] = [new Map()];
  readonly changes: Change[] = [];
  /** The group id of each successful call, by mutation id. */
  readonly groups = new Map<string, string | undefined>();

  stateAt(seq: number): State {
    return this.states[Math.min(seq, this.states.length - 1)] ?? new Map();
  }

  #removalBefore(id: string, seq: number): Change | undefined {
    return this.changes.slice(0, seq).findLast((change) => change.id === id && !change.after);
  }

  /** The change that gives a task this content; undefined if it already has it. */
  changeOf([id, content]: Wanted, seq: number, action: EventAction, mutationId: string | undefined): Change | undefined {
    const before = this.stateAt(seq).get(id);
    if (!content) return before && { id, before, after: undefined, action: 'removed', mutationId };
    if (before && differing(before.content, content).length === 0) return undefined;
    const removed = before ? undefined : this.#removalBefore(id, seq)?.before;
    const version = (before ?? removed)?.version ?? 0;
    const created = before?.created ?? (action === 'restored' ? removed?.created : undefined) ?? {};
    return { id, before, after: { content, version: version + 1, created }, action, mutationId };
  }

  /** Appends the next change of the log. */
  add(change: Change): void {
    const state = new Map(this.stateAt(this.changes.length));
    if (change.after) state.set(change.id, change.after);
    else state.delete(change.id);
    this.changes.push(change);
    this.states.push(state);
  }

  /** What a call does if the log ends at `seq` and the time is `now`, or the reason why it fails. */
  plan(call: Call, seq: number, now: string): Plan | string {
    const state = this.stateAt(seq);
    switch (call.path) {
      case 'tasks.create': {
        const id = call.input.id ?? call.input.mutationId ?? '';
        const plan = this.#creating([{ ...call.input, id }], state);
        return typeof plan === 'string' ? plan : { ...plan, answer: { task: id } };
      }
      case 'tasks.createMany':
        return this.#creating(call.input.tasks, state);
      case 'tasks.import':
        return this.#importing(call.input.tasks, state);
      case 'tasks.edit': {
        if (lacksRequired(call.input)) return 'INVALID_INPUT';
        const plan = this.#changing(call.input, state, 'edited', (content) => edited(content, call.input));
        return typeof plan !== 'string' && plan.wanted.some(([, content]) => content && lacksRequired(content)) ? 'INVALID_INPUT' : plan;
      }
      case 'tasks.editMany': {
        if (lacksRequired(call.input)) return 'INVALID_INPUT';
        const plan = this.#changingMany(call.input.ids, state, 'edited', (content) => edited(content, call.input));
        return typeof plan !== 'string' && plan.wanted.some(([, content]) => content && lacksRequired(content)) ? 'INVALID_INPUT' : plan;
      }
      case 'tasks.complete':
        return this.#changing(call.input, state, 'completed', (task) => ({ ...task, completedAt: task.completedAt ?? now }));
      case 'tasks.reopen':
        return this.#changing(call.input, state, 'reopened', (task) => ({ ...task, completedAt: null }));
      case 'tasks.remove': {
        const plan = this.#changing(call.input, state, 'removed', () => undefined);
        return typeof plan === 'string' ? plan : { ...plan, answer: { rest: { id: call.input.id } } };
      }
      case 'tasks.completeMany':
        return this.#changingMany(call.input.ids, state, 'completed', (task) => ({ ...task, completedAt: task.completedAt ?? now }));
      case 'tasks.removeMany': {
        const plan = this.#changingMany(call.input.ids, state, 'removed', () => undefined);
        return typeof plan === 'string' ? plan : { ...plan, answer: { rest: { ids: call.input.ids } } };
      }
      case 'tasks.restore': {
        const { id, seq: at } = call.input;
        const then = at === undefined ? (state.get(id) ?? this.#removalBefore(id, seq)?.before) : this.stateAt(Math.min(at, seq)).get(id);
        return then ? { wanted: [[id, then.content]], action: 'restored', answer: { task: id } } : 'TASK_NOT_FOUND';
      }
      case 'history.rewind': {
        const then = this.stateAt(Math.min(Number(call.input.to), seq));
        const wanted = [...new Set([...state.keys(), ...then.keys()])].map((id): Wanted => [id, then.get(id)?.content]);
        return { wanted, action: 'restored', answer: { rest: this.#counts(wanted, state) } };
      }
      case 'history.undo': {
        const { of } = call.input;
        const isOwn = ({ mutationId = '' }: Change) => ('mutationId' in of ? mutationId === of.mutationId : this.groups.get(mutationId) === of.groupId);
        const isKnown = 'mutationId' in of ? this.groups.has(of.mutationId) : [...this.groups.values()].includes(of.groupId);
        if (!isKnown) return 'CALL_NOT_FOUND';
        const { wanted, kept } = takeBack(this.changes.slice(0, seq), isOwn);
        return {
          wanted,
          action: 'restored',
          answer: { rest: { ...this.#counts(wanted, state), kept: kept.slice(0, UNDO_MAX_KEPT_ITEMS), keptCount: kept.length } },
        };
      }
    }
  }

  #creating(tasks: { id?: string | undefined }[], state: State): Plan | string {
    const wanted: Wanted[] = [];
    for (const { id = '', ...task } of tasks) {
      const there = state.get(id);
      if (there && differing(there.content, contentOf(task), editableNames).length > 0) return 'ID_TAKEN';
      if (!there) wanted.push([id, contentOf(task)]);
    }
    return { wanted, action: 'created', answer: { tasks: tasks.map(({ id = '' }) => id) } };
  }

  #importing(tasks: { id: string }[], state: State): Plan {
    const given = tasks.map(({ id, ...task }): [string, Content] => [id, contentOf(task)]);
    const fresh = given.filter(([id]) => !state.has(id));
    const conflicts = given.filter(([id, content]) => differing(state.get(id)?.content ?? content, content).length > 0).map(([id]) => id);
    const rest = { created: fresh.length, unchanged: given.length - fresh.length - conflicts.length, conflicts };
    return { wanted: fresh, action: 'created', answer: { rest } };
  }

  #changing(
    { id, expectedVersion }: { id: string; expectedVersion?: number | undefined },
    state: State,
    action: EventAction,
    change: (task: Content) => Content | undefined,
  ): Plan | string {
    const task = state.get(id);
    if (!task) return 'TASK_NOT_FOUND';
    if (task.version !== (expectedVersion ?? task.version)) return 'VERSION_CONFLICT';
    return { wanted: [[id, change(task.content)]], action, answer: { task: id } };
  }

  #changingMany(ids: string[], state: State, action: EventAction, change: (task: Content) => Content | undefined): Plan | string {
    const wanted: Wanted[] = [];
    for (const id of ids) {
      const task = state.get(id);
      if (!task) return 'TASK_NOT_FOUND';
      wanted.push([id, change(task.content)]);
    }
    return { wanted, action, answer: { tasks: ids } };
  }

  #counts(wanted: Wanted[], state: State) {
    const count = (rule: (before: Content | undefined, after: Content | undefined) => boolean) =>
      wanted.filter(([id, after]) => rule(state.get(id)?.content, after)).length;
    return {
      restored: count((before, after) => !before && after !== undefined),
      edited: count((before, after) => before !== undefined && after !== undefined && differing(before, after).length > 0),
      removed: count((before, after) => before !== undefined && !after),
    };
  }
}
