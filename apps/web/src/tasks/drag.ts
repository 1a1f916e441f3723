import type { Task } from '@todo/client';
import { useTodo } from '@todo/client/react';
import { type RefObject, useState } from 'react';
import { useDrag } from 'react-aria-components/useDrag';
import { isTextDropItem, useDrop } from 'react-aria-components/useDrop';
import { useActions } from '../data/todo.ts';

/** The types of what is dragged on this page. */
export const TASK_TYPE = 'application/x-todo-task';
export const LIST_TYPE = 'application/x-todo-list';

type Spot = 'before' | 'on' | 'after';

/** How much of a row, at its top and at its foot, means a place beside it. */
const EDGE = 0.3;
/** By keyboard and screen reader react-aria tells the place in the window, which is far below the height of a row. */
const OUTSIDE = 1.5;

function spotAt(y: number, element: HTMLElement | null): Spot {
  const part = element ? y / element.offsetHeight : 0.5;
  return part < EDGE ? 'before' : part > 1 - EDGE && part < OUTSIDE ? 'after' : 'on';
}

/** Dragging a task by pointer, keyboard or screen reader. Dropped on another one it becomes its subtask; at its edge, its neighbour. */
export function useTaskDrag(task: Task, ref: RefObject<HTMLDivElement | null>, canOrder: boolean) {
  const { replica } = useTodo();
  const actions = useActions();
  const [drop, setDrop] = useState<Spot | null>(null);
  const dragging = useDrag({
    hasDragButton: true,
    getItems: () => [{ [TASK_TYPE]: task.id, 'text/plain': task.title }],
    getAllowedDropOperations: () => ['move'],
  });
  const { dropProps } = useDrop({
    ref,
    isDisabled: !canOrder || task.completedAt !== null,
    getDropOperation: (types) => (types.has(TASK_TYPE) ? 'move' : 'cancel'),
    onDropEnter: ({ y }) => setDrop(spotAt(y, ref.current)),
    onDropMove: ({ y }) => setDrop(spotAt(y, ref.current)),
    onDropExit: () => setDrop(null),
    onDrop: async ({ items, y }) => {
      setDrop(null);
      const spot = spotAt(y, ref.current);
      for (const item of items.filter(isTextDropItem)) {
        const moved = replica.tasks().get(await item.getText(TASK_TYPE));
        if (!moved || moved.id === task.id) continue;
        actions.move(moved, spot === 'on' ? { parentId: task.id } : spot === 'before' ? { before: task.id } : { after: task.id });
      }
    },
  });
  return { ...dragging, dropProps, drop: dragging.isDragging ? null : drop };
}
