import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useMemo, useRef } from 'react';
import { openTask, usePlace, type View } from '../data/navigation.ts';
import type { Group, Row } from '../data/rows.ts';
import { useActions } from '../data/todo.ts';
import { Icon } from '../parts/icons.tsx';
import { texts } from '../texts.ts';
import { useRowFocus } from './focus.ts';
import { runKey } from './keys.ts';
import { TaskRow } from './task-row.tsx';

interface Props {
  view: View;
  title: string;
  groups: Group[];
  today: string;
  /** Shows or hides the subtasks of a task. */
  toggle: (id: string) => void;
  empty: [title: string, text: string];
}

type Item = { id: string; row: Row } | { id: string; row: null; title: string; isLate: boolean };

const itemsOf = (groups: Group[]): Item[] =>
  groups.flatMap(({ id, title, isLate = false, rows }): Item[] => [
    ...(title === null ? [] : [{ id: `group ${id}`, row: null, title, isLate }]),
    ...rows.map((row) => ({ id: row.id, row })),
  ]);

/** Tasks can be put in an order where a view shows one list. */
const isOrdered = (view: View) => view.kind === 'inbox' || view.kind === 'list';

/** A list of any length: only the rows in sight, and the one with the focus, are in the page. */
export function TaskList({ view, title, groups, today, toggle, empty }: Props) {
  const actions = useActions();
  const canOrder = isOrdered(view);
  const { taskId } = usePlace();
  const frame = useRef<HTMLDivElement>(null);
  const items = useMemo(() => itemsOf(groups), [groups]);
  const rows = useMemo(() => items.flatMap(({ row }) => (row ? [row] : [])), [items]);
  const ids = useMemo(() => rows.map(({ id }) => id), [rows]);
  const kept = useRef(-1);
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => frame.current,
    estimateSize: (index) => (items[index]?.row ? 45 : 44),
    getItemKey: (index) => items[index]?.id ?? index,
    overscan: 6,
    rangeExtractor: (range) => {
      const shown = defaultRangeExtractor(range);
      if (kept.current < 0 || kept.current >= items.length || shown.includes(kept.current)) return shown;
      return [...shown, kept.current].sort((a, b) => a - b);
    },
  });
  const indexOf = (id: string) => items.findIndex((item) => item.id === id);
  const { active, onFocus, onBlur, onKey } = useRowFocus({
    ids,
    frame,
    reveal: (id) => {
      kept.current = indexOf(id);
      virtual.scrollToIndex(kept.current);
    },
  });
  kept.current = active === null ? -1 : indexOf(active);

  const press = (event: KeyboardEvent<HTMLElement>) => {
    const { target } = event;
    const id = target instanceof HTMLElement ? target.dataset.task : undefined;
    const row = id === undefined ? undefined : rows.find((each) => each.id === id);
    if (!row) return;
    const fold = { ArrowRight: row.isCollapsed, ArrowLeft: !row.isCollapsed }[event.key];
    if (event.key === 'Enter') openTask(row.id);
    else if (fold && !event.altKey && canOrder && row.parts > row.partsDone) toggle(row.id);
    else if (!runKey(event, row, rows, actions, canOrder) && (event.altKey || !onKey(event, row.id))) return;
    event.preventDefault();
  };

  if (items.length === 0)
    return (
      <div className="empty" ref={frame} tabIndex={-1}>
        <Icon name={view.kind === 'search' ? 'search' : 'check'} />
        <p className="empty-title">{empty[0]}</p>
        <p className="muted">{empty[1]}</p>
      </div>
    );
  return (
    <div className="tasks" ref={frame}>
      <div
        role="treegrid"
        onKeyDown={press}
        onFocus={onFocus}
        onBlur={onBlur}
        aria-label={texts.tasks.list(title)}
        aria-rowcount={items.length}
        className="rows"
        style={{ height: virtual.getTotalSize() }}
      >
        {virtual.getVirtualItems().map(({ index, key, start }) => {
          const item = items[index];
          if (!item) return null;
          return item.row ? (
            <TaskRow
              key={key}
              index={index}
              start={start}
              measure={virtual.measureElement}
              row={item.row}
              today={today}
              toggle={toggle}
              isActive={item.id === active}
              isOpen={item.id === taskId}
              canOrder={canOrder}
              isDayKnown={view.kind === 'upcoming' || (view.kind === 'today' && item.row.task.dueDate === today)}
            />
          ) : (
            <div
              key={key}
              ref={virtual.measureElement}
              data-index={index}
              aria-rowindex={index + 1}
              style={{ transform: `translateY(${start}px)` }}
              role="row"
              className={`group-head ${item.isLate ? 'is-late' : ''}`}
            >
              <div role="gridcell">
                <h2>{item.title}</h2>
              </div>
            </div>
          );
        })}
      </div>
    </div>
  );
}
