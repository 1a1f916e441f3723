import { type EntityName, type EventAction, UNDO_MAX_KEPT_ITEMS } from '@todo/contract';
import type { Call } from './call.ts';
import { type Change, type Content, countsOf, differing, kinds, type State, type Wanted } from './entities.ts';
import { relabelling, withLabels } from './labels.ts';
import { lacksList, tasksIn, withLists, withMoved } from './lists.ts';
import { added, moved, planned } from './order.ts';
import { completed, skipped } from './recurrence.ts';
import { takeBack } from './undo.ts';

/** A model of what sequential calls of one owner must do, without SQL. */
const notFound = { list: 'LIST_NOT_FOUND', task: 'TASK_NOT_FOUND' };

/** The changes of a call, and its result: an entity, several tasks, or something else. */
interface Plan {
  wanted: Wanted[];
  action: EventAction;
  answer: { entity: string } | { tasks: string[] } | { rest: object };
}

const gone = () => undefined;
const answering = (plan: Plan | string, rest: object) => (typeof plan === 'string' ? plan : { ...plan, answer: { rest } });

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

  /** The change that gives an entity this content; undefined if it already has it. */
  changeOf({ entity, id, content, action: own }: Wanted, seq: number, ofCall: EventAction, mutationId: string | undefined): Change | undefined {
    const before = this.stateAt(seq).get(id);
    const action = own ?? ofCall;
    if (!content) return before && { entity, id, before, after: undefined, action: 'removed', mutationId };
    if (before && differing(before.content, content).length === 0) return undefined;
    const removed = before ? undefined : this.#removalBefore(id, seq)?.before;
    const version = (before ?? removed)?.version ?? 0;
    const created = before?.created ?? (action === 'restored' ? removed?.created : undefined) ?? {};
    return { entity, id, before, after: { entity, content, version: version + 1, created }, action, mutationId };
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
    const entity = call.path.startsWith('lists.') ? 'list' : 'task';
    switch (call.path) {
      case 'lists.create':
      case 'tasks.create': {
        const id = call.input.id ?? call.input.mutationId ?? '';
        const plan = this.#creating(entity, [{ ...call.input, id }], state);
        return typeof plan === 'string' ? plan : { ...plan, answer: { entity: id } };
      }
      case 'tasks.createMany':
        return this.#creating('task', call.input.tasks, state);
      case 'lists.import':
        return this.#importing('list', call.input.lists, state);
      case 'tasks.import':
        return this.#importing('task', call.input.tasks, state);
      case 'lists.edit':
      case 'tasks.edit':
      case 'tasks.editMany': {
        const { lacksRequired, edited } = kinds[entity];
        if (lacksRequired(call.input)) return 'INVALID_INPUT';
        const change = (content: Content) => withLabels(edited(content, call.input), call.input);
        const isMany = call.path === 'tasks.editMany';
        const plan = isMany ? this.#changingMany(call.input.ids, state, 'edited', change) : this.#changing(entity, call.input, state, 'edited', change);
        return typeof plan !== 'string' && plan.wanted.some(({ content }) => content && lacksRequired(content)) ? 'INVALID_INPUT' : plan;
      }
      case 'lists.archive':
        return this.#changing('list', call.input, state, 'edited', (list) => ({ ...list, archivedAt: list.archivedAt ?? now }));
      case 'lists.unarchive':
        return this.#changing('list', call.input, state, 'edited', (list) => ({ ...list, archivedAt: null }));
      case 'tasks.complete':
        return this.#changing('task', call.input, state, 'completed', (task) => completed(task, now, call.input.on));
      case 'tasks.skip': {
        const plan = this.#changing('task', call.input, state, 'skipped', (task) => skipped(task, call.input.on));
        return typeof plan !== 'string' && plan.wanted.some(({ content }) => !content) ? 'NO_NEXT_DATE' : plan;
      }
      case 'tasks.reopen':
        return this.#changing('task', call.input, state, 'reopened', (task) => ({ ...task, completedAt: null }));
      case 'lists.move':
      case 'tasks.move': {
        const plan = this.#changing(entity, call.input, state, 'moved', (content) => content);
        return planned(plan, moved(state, entity, [call.input.id], call.input));
      }
      case 'tasks.moveMany': {
        const plan = this.#changingMany(call.input.ids, state, 'moved', (task) => task);
        return planned(answering(plan, { ids: call.input.ids }), moved(state, 'task', call.input.ids, call.input));
      }
      case 'lists.remove': {
        const plan = this.#changing('list', call.input, state, 'removed', () => undefined);
        if (typeof plan === 'string') return plan;
        const left = call.input.tasks === 'remove' ? tasksIn(state, [call.input.id]).map(({ id }): Wanted => ({ entity: 'task', id, content: undefined })) : [];
        return { ...plan, wanted: withMoved([...plan.wanted, ...left], state), answer: { rest: { id: call.input.id } } };
      }
      case 'tasks.remove':
        return answering(this.#changing('task', call.input, state, 'removed', gone), { id: call.input.id });
      case 'tasks.completeMany':
        return this.#changingMany(call.input.ids, state, 'completed', (task) => completed(task, now, call.input.on));
      case 'tasks.removeMany':
        return answering(this.#changingMany(call.input.ids, state, 'removed', gone), { ids: call.input.ids });
      case 'lists.restore':
      case 'tasks.restore': {
        const { id, seq: at } = call.input;
        const then = at === undefined ? (state.get(id) ?? this.#removalBefore(id, seq)?.before) : this.stateAt(Math.min(at, seq)).get(id);
        return then ? { wanted: withLists([{ entity, id, content: then.content }], state), action: 'restored', answer: { entity: id } } : notFound[entity];
      }
      case 'labels.rename':
      case 'labels.remove':
        return relabelling(state, call);
      case 'history.rewind': {
        const to = Math.min(Number(call.input.to), seq);
        const since = new Map(this.changes.slice(to, seq).map(({ id, entity: of }) => [id, of]));
        // A position may lie between the changes of one call, where a task is in a list that is not there.
        const wanted = withLists(
          [...since].map(([id, of]) => ({ entity: of, id, content: this.stateAt(to).get(id)?.content })),
          state,
        );
        return { wanted: withMoved(wanted, state), action: 'restored', answer: { rest: countsOf(wanted, state) } };
      }
      case 'history.undo': {
        const { of } = call.input;
        const isOwn = ({ mutationId = '' }: Change) => ('mutationId' in of ? mutationId === of.mutationId : this.groups.get(mutationId) === of.groupId);
        const isKnown = 'mutationId' in of ? this.groups.has(of.mutationId) : [...this.groups.values()].includes(of.groupId);
        if (!isKnown) return 'CALL_NOT_FOUND';
        const { wanted: back, kept } = takeBack(this.changes.slice(0, seq), isOwn);
        const wanted = withLists(back, state);
        return {
          wanted: withMoved(wanted, state),
          action: 'restored',
          answer: { rest: { ...countsOf(wanted, state), kept: kept.slice(0, UNDO_MAX_KEPT_ITEMS), keptCount: kept.length } },
        };
      }
    }
  }

  #creating(entity: EntityName, items: { id?: string | undefined }[], state: State): Plan | string {
    const { contentOf, creatableNames } = kinds[entity];
    const fresh: Wanted[] = [];
    for (const { id = '', ...item } of items) {
      const there = state.get(id);
      if (there && differing(there.content, contentOf(item), creatableNames).length > 0) return 'ID_TAKEN';
      if (!there) fresh.push({ entity, id, content: contentOf(item) });
    }
    if (lacksList(fresh, state)) return 'LIST_NOT_FOUND';
    return { wanted: added(state, fresh, []), action: 'created', answer: { tasks: items.map(({ id = '' }) => id) } };
  }

  #importing(entity: EntityName, items: { id: string; position?: string | null | undefined }[], state: State): Plan | string {
    const placed = items.filter(({ position = null }) => position !== null).map(({ id }) => id);
    const given = items.map(({ id, ...item }) => ({ entity, id, content: kinds[entity].contentOf(item) }));
    const fresh = given.filter(({ id }) => !state.has(id));
    if (lacksList(fresh, state)) return 'LIST_NOT_FOUND';
    const isOther = ({ id, content }: { id: string; content: Content }) =>
      differing(state.get(id)?.content ?? content, content).some((name) => name !== 'position' || placed.includes(id));
    const conflicts = given.filter(isOther).map(({ id }) => id);
    const rest = { created: fresh.length, unchanged: given.length - fresh.length - conflicts.length, conflicts };
    return { wanted: added(state, fresh, placed), action: 'created', answer: { rest } };
  }

  #changing(
    entity: EntityName,
    { id, expectedVersion }: { id: string; expectedVersion?: number | undefined },
    state: State,
    action: EventAction,
    change: (content: Content) => Content | undefined,
  ): Plan | string {
    const there = state.get(id);
    if (!there) return notFound[entity];
    if (there.version !== (expectedVersion ?? there.version)) return 'VERSION_CONFLICT';
    return { wanted: [{ entity, id, content: change(there.content) }], action, answer: { entity: id } };
  }

  #changingMany(ids: string[], state: State, action: EventAction, change: (task: Content) => Content | undefined): Plan | string {
    const wanted: Wanted[] = [];
    for (const id of ids) {
      const task = state.get(id);
      if (!task) return 'TASK_NOT_FOUND';
      wanted.push({ entity: 'task', id, content: change(task.content) });
    }
    return { wanted, action, answer: { tasks: ids } };
  }
}
