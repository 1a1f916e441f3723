import type { Task } from '@todo/client';
import { memo, type Ref, useRef, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { Checkbox } from 'react-aria-components/Checkbox';
import { openTask } from '../data/navigation.ts';
import type { Row } from '../data/rows.ts';
import { useActions } from '../data/todo.ts';
import { Icon } from '../parts/icons.tsx';
import { texts } from '../texts.ts';
import { useTaskDrag } from './drag.ts';
import { RowMeta } from './row-meta.tsx';

interface Props {
  index: number;
  /** How far from the top of the list, in px. */
  start: number;
  measure: (element: HTMLElement | null) => void;
  row: Row;
  today: string;
  toggle: (id: string) => void;
  /** Whether the tab key leads here. */
  isActive: boolean;
  /** Whether its details are shown. */
  isOpen: boolean;
  /** Whether the view shows one list in its order. */
  canOrder: boolean;
  /** Whether a heading above says on which day it is due. */
  isDayKnown: boolean;
}

/** The circle that completes a task, in the colour of its priority. */
export function Tick({ task, isSkipped = false }: { task: Task; isSkipped?: boolean }) {
  const actions = useActions();
  const isDone = task.completedAt !== null;
  return (
    <Checkbox
      className={`tick is-${task.priority}`}
      isSelected={isDone}
      excludeFromTabOrder={isSkipped}
      aria-label={isDone ? texts.tasks.reopen(task.title) : texts.tasks.complete(task.title)}
      onChange={() => actions.toggle(task)}
    >
      <svg viewBox="0 0 20 20" aria-hidden="true">
        <circle cx="10" cy="10" r="8.25" />
        <path d="m6.2 10.4 2.6 2.6 5-5.6" />
      </svg>
    </Checkbox>
  );
}

const merged =
  <Element,>(...refs: Ref<Element>[]) =>
  (element: Element | null) => {
    for (const ref of refs) {
      if (typeof ref === 'function') ref(element);
      else if (ref) ref.current = element;
    }
  };

/** A row is shown again only when what it shows has changed: scrolling leaves those in sight alone. */
export const TaskRow = memo(function TaskRow({ index, start, measure, row, today, toggle, isActive, isOpen, canOrder, isDayKnown }: Props) {
  const { task, level, parts, partsDone, isCollapsed } = row;
  const element = useRef<HTMLDivElement>(null);
  const { dragProps, dragButtonProps, dropProps, isDragging, drop } = useTaskDrag(task, element, canOrder);
  const [attach] = useState(() => merged(measure, element));
  const isDone = task.completedAt !== null;
  const canFold = parts > partsDone && canOrder && !isDone;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list handles the keys of its rows
    <div
      {...dragProps}
      {...dropProps}
      ref={attach}
      data-index={index}
      aria-rowindex={index + 1}
      style={{ transform: `translateY(${start}px)` }}
      role="row"
      tabIndex={isActive ? 0 : -1}
      data-task={task.id}
      aria-labelledby={`title-${task.id} meta-${task.id}`}
      aria-level={level + 1}
      aria-current={isOpen || undefined}
      aria-expanded={canFold ? !isCollapsed : undefined}
      className={`row level-${Math.min(level, 4)} ${isDone ? 'is-done' : ''} ${isDragging ? 'is-dragging' : ''} ${drop ? `drop-${drop}` : ''}`}
      onClick={({ target }) => {
        if (target instanceof Element && !target.closest('button, label')) openTask(task.id);
      }}
    >
      <div role="gridcell" className="row-cell">
        <Button {...dragButtonProps} excludeFromTabOrder={!isActive} className="drag" aria-label={texts.tasks.drag(task.title)}>
          <Icon name="grip" />
        </Button>
        <Tick task={task} isSkipped={!isActive} />
        <div className="row-text">
          <span className="row-title" id={`title-${task.id}`} dir="auto">
            {task.title}
            {task.priority !== 'none' && <span className="hidden"> · {texts.priority[task.priority]}</span>}
          </span>
          <RowMeta row={row} today={today} isPlaced={!canOrder} isDayKnown={isDayKnown} />
        </div>
        {canFold && (
          <Button
            className={`icon-button small fold ${isCollapsed ? '' : 'is-open'}`}
            excludeFromTabOrder
            aria-label={isCollapsed ? texts.tasks.expand(task.title) : texts.tasks.collapse(task.title)}
            onPress={() => toggle(task.id)}
          >
            <Icon name="chevron" />
          </Button>
        )}
      </div>
    </div>
  );
});
