import type { Life, State, Wanted } from './entities.ts';

/** What the model knows of the lists that tasks are in. */

const idIn = (content: Wanted['content']): string | undefined => (typeof content?.listId === 'string' ? content.listId : undefined);

/** Whether a list is there once this is done. */
function isThere(id: string, wanted: Wanted[], state: State): boolean {
  const own = wanted.find((each) => each.entity === 'list' && each.id === id);
  return own ? own.content !== undefined : state.get(id)?.entity === 'list';
}

/** Whether one of these tasks would be in a list that is not there. */
export const lacksList = (wanted: Wanted[], state: State): boolean =>
  wanted.some(({ content }) => {
    const id = idIn(content);
    return id !== undefined && !isThere(id, [], state);
  });

export const tasksIn = (state: State, lists: string[]): (Life & { id: string })[] =>
  [...state].flatMap(([id, life]) => (lists.includes(idIn(life.content) ?? '') ? [{ ...life, id }] : []));

/** What restores an old state puts a task into the inbox if its list is not there any more. */
export const withLists = (wanted: Wanted[], state: State): Wanted[] =>
  wanted.map((each) => {
    const id = idIn(each.content);
    return each.content && id !== undefined && !isThere(id, wanted, state) ? { ...each, content: { ...each.content, listId: null } } : each;
  });

/** A removed list leaves its other tasks to the inbox. */
export function withMoved(wanted: Wanted[], state: State): Wanted[] {
  const removed = wanted.flatMap(({ entity, id, content }) => (entity === 'list' && !content ? [id] : []));
  const left = tasksIn(state, removed).filter(({ id }) => !wanted.some((each) => each.id === id));
  return [...wanted, ...left.map(({ id, content }): Wanted => ({ entity: 'task', id, content: { ...content, listId: null }, action: 'moved' }))];
}
