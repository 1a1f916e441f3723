import type { List } from '@todo/client';
import { useTodo } from '@todo/client/react';
import { Button } from 'react-aria-components/Button';
import { GridList, GridListItem } from 'react-aria-components/GridList';
import { isTextDropItem, useDragAndDrop } from 'react-aria-components/useDragAndDrop';
import { hrefOf, type View } from '../data/navigation.ts';
import { useActions } from '../data/todo.ts';
import { Icon } from '../parts/icons.tsx';
import { LIST_TYPE, TASK_TYPE } from '../tasks/drag.ts';
import { texts } from '../texts.ts';

interface Props {
  lists: List[];
  counts: Map<string, number>;
  view: View;
}

/** The lists in their order. Dragging reorders them; a task that is dropped on one goes there. */
export function ListNav({ lists, counts, view }: Props) {
  const { replica } = useTodo();
  const actions = useActions();
  const { dragAndDropHooks } = useDragAndDrop({
    getItems: (keys) => [...keys].map((key) => ({ [LIST_TYPE]: String(key), 'text/plain': replica.lists().get(String(key))?.name ?? '' })),
    acceptedDragTypes: [TASK_TYPE],
    onReorder: ({ keys, target }) => {
      const [key] = keys;
      const list = replica.lists().get(String(key));
      const neighbor = String(target.key);
      if (list) actions.moveList(list, target.dropPosition === 'before' ? { before: neighbor } : { after: neighbor });
    },
    getDropOperation: (_, types) => (types.has(TASK_TYPE) || types.has(LIST_TYPE) ? 'move' : 'cancel'),
    shouldAcceptItemDrop: (_, types) => types.has(TASK_TYPE),
    onItemDrop: async ({ items, target }) => {
      for (const item of items.filter(isTextDropItem)) {
        const task = replica.tasks().get(await item.getText(TASK_TYPE));
        if (task && task.listId !== target.key) actions.move(task, { listId: String(target.key) });
      }
    },
  });
  return (
    <GridList
      className="list-nav"
      disallowTypeAhead
      aria-label={texts.views.lists}
      items={lists}
      dependencies={[counts, view]}
      dragAndDropHooks={dragAndDropHooks}
    >
      {({ id, name, color }) => (
        <GridListItem
          id={id}
          textValue={name}
          href={hrefOf({ kind: 'list', name: id })}
          className={`nav-link ${view.kind === 'list' && view.name === id ? 'is-current' : ''}`}
        >
          <ColorDot color={color} />
          <span className="nav-text">{name}</span>
          <Button slot="drag" className="drag" aria-label={texts.tasks.drag(name)}>
            <Icon name="grip" />
          </Button>
          {counts.has(id) && <span className="count">{counts.get(id)?.toLocaleString()}</span>}
        </GridListItem>
      )}
    </GridList>
  );
}

export const ColorDot = ({ color }: { color: string | null }) => (
  <svg className="color-dot" viewBox="0 0 12 12" aria-hidden="true">
    <circle cx="6" cy="6" r="4.5" {...(color ? { fill: color } : { className: 'no-color' })} />
  </svg>
);
