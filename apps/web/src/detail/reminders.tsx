import type { Task } from '@todo/client';
import { useActions } from '../data/todo.ts';
import { texts } from '../texts.ts';

const { detail } = texts;
const offered = [0, 5, 10, 30, 60, 120, 1440, 2880, 10_080];
const REMINDERS_MAX = 5;

export function Reminders({ task }: { task: Task }) {
  const actions = useActions();
  const left = offered.filter((minutes) => !task.reminders.includes(minutes));
  return (
    <fieldset className="property is-tall">
      <legend>{detail.reminders}</legend>
      <div className="tokens">
        {task.reminders.map((minutes) => (
          <span key={minutes} className="chip token">
            {detail.reminder(minutes)}
            <button
              type="button"
              aria-label={detail.removeReminder(detail.reminder(minutes))}
              onClick={() => actions.edit(task, { reminders: task.reminders.filter((each) => each !== minutes) })}
            >
              ×
            </button>
          </span>
        ))}
        {task.reminders.length < REMINDERS_MAX && (
          <select
            aria-label={detail.addReminder}
            value=""
            onChange={({ target }) => actions.edit(task, { reminders: [...task.reminders, Number(target.value)].sort((a, b) => a - b) })}
          >
            <option value="" disabled>
              {detail.addReminder}
            </option>
            {left.map((minutes) => (
              <option key={minutes} value={minutes}>
                {detail.reminder(minutes)}
              </option>
            ))}
          </select>
        )}
      </div>
    </fieldset>
  );
}
