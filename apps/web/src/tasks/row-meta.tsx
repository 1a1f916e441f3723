import type { Task } from '@todo/client';
import { shortDate } from '../data/dates.ts';
import { shortRule } from '../data/recurrence.ts';
import type { Row } from '../data/rows.ts';
import { Icon } from '../parts/icons.tsx';
import { ColorDot } from '../sidebar/list-nav.tsx';
import { texts } from '../texts.ts';

function Due({ task, today, isDayKnown }: { task: Task; today: string; isDayKnown: boolean }) {
  if (task.dueDate === null || (isDayKnown && !task.dueTime && !task.recurrence)) return null;
  const days = task.dueDate < today ? 'is-late' : task.dueDate === today ? 'is-today' : '';
  return (
    <span className={`chip due ${task.completedAt ? '' : days}`}>
      {!isDayKnown && (
        <>
          <span className="hidden">{texts.tasks.due('')}</span>
          {shortDate(task.dueDate, today)}
        </>
      )}
      {task.dueTime && <span>{task.dueTime}</span>}
      {task.recurrence && (
        <>
          <Icon name="repeat" />
          <span className="hidden">{shortRule(task.recurrence)}</span>
        </>
      )}
    </span>
  );
}

interface Props {
  row: Row;
  today: string;
  /** Whether it says in which list the task is. */
  isPlaced: boolean;
  isDayKnown: boolean;
}

/** What a row says beside the title. */
export const RowMeta = ({ row: { task, parts, partsDone, list }, today, isPlaced, isDayKnown }: Props) => (
  <span className="row-meta" id={`meta-${task.id}`}>
    {task.description && <Icon name="note" className="meta-icon" />}
    {parts > 0 && (
      <span className="chip" title={texts.tasks.parts(partsDone, parts)}>
        <Icon name="subtask" />
        {partsDone}/{parts}
      </span>
    )}
    {task.labels.map((label) => (
      <span key={label} className="chip label">
        {label}
      </span>
    ))}
    {isPlaced && list && (
      <span className="chip place">
        <ColorDot color={list.color} />
        <span className="ellipsis">{list.name}</span>
      </span>
    )}
    <Due task={task} today={today} isDayKnown={isDayKnown} />
  </span>
);
