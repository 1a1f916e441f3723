import type { Actions } from '../data/actions.ts';
import type { Row } from '../data/rows.ts';

interface Pressed {
  key: string;
  altKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
}

/** The nearest rows with the same parent before and after a row. */
function siblingsOf(row: Row, rows: Row[]): { before: Row | undefined; after: Row | undefined } {
  const siblings = rows.filter(({ task }) => task.parentId === row.task.parentId && task.listId === row.task.listId && !task.completedAt);
  const at = siblings.indexOf(row);
  return { before: siblings[at - 1], after: siblings[at + 1] };
}

/** Carries out the key that was pressed on a row. Returns whether it has a meaning. */
export function runKey({ key, altKey, ctrlKey, metaKey }: Pressed, row: Row, rows: Row[], actions: Actions, canOrder: boolean): boolean {
  const { task } = row;
  if (ctrlKey || metaKey) return false;
  if (!altKey) {
    if (key === ' ') actions.toggle(task);
    else if (key === 'Delete' || key === 'Backspace') actions.remove(task);
    else return false;
    return true;
  }
  if (!canOrder) return false;
  const { before, after } = siblingsOf(row, rows);
  const parent = rows.find(({ id }) => id === task.parentId);
  if (key === 'ArrowUp' && before) actions.move(task, { before: before.id });
  else if (key === 'ArrowDown' && after) actions.move(task, { after: after.id });
  else if (key === 'ArrowRight' && before) actions.move(task, { parentId: before.id });
  else if (key === 'ArrowLeft' && parent) actions.move(task, { after: parent.id });
  else return /^Arrow/.test(key);
  return true;
}
