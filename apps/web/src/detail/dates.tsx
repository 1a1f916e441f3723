import type { Task } from '@todo/client';
import { Button } from 'react-aria-components/Button';
import { addDays, weekdayOf } from '../data/dates.ts';
import { type Preset, presetOf, presets, ruleOf } from '../data/recurrence.ts';
import { useActions } from '../data/todo.ts';
import { texts } from '../texts.ts';
import { DateField, SelectField, useDraft } from './draft.tsx';
import { Reminders } from './reminders.tsx';

const { detail, recurrence } = texts;
const repeats = ['none', ...presets, 'custom'] as const;

function Rule({ task, rule }: { task: Task; rule: string }) {
  const actions = useActions();
  const draft = useDraft(rule, (text) => text.trim() && actions.edit(task, { recurrence: text.trim(), dueDate: task.dueDate }));
  return (
    <label className="property is-tall">
      {detail.rule}
      <textarea
        className="code"
        rows={1}
        value={draft.value}
        placeholder={detail.ruleHint}
        onChange={({ target }) => draft.change(target.value.replace(/\s/g, ''))}
        onBlur={draft.commit}
      />
    </label>
  );
}

function Repeat({ task, dueDate }: { task: Task; dueDate: string }) {
  const actions = useActions();
  const { recurrence: rule } = task;
  const value = rule === null ? 'none' : presetOf(rule);
  const save = (chosen: Preset | 'none' | 'custom') => {
    if (chosen === value) return;
    // Every second week is a rule that no preset has: the person goes on from there.
    const next = chosen === 'none' ? null : chosen === 'custom' ? `${ruleOf('weekly', dueDate)};INTERVAL=2` : ruleOf(chosen, dueDate);
    actions.edit(task, { recurrence: next, dueDate });
  };
  return (
    <>
      <SelectField label={detail.repeat} value={value} options={repeats.map((name) => [name, recurrence[name]] as const)} save={save} />
      {rule !== null && value === 'custom' && <Rule task={task} rule={rule} />}
      {rule !== null && (
        <>
          <SelectField
            label={detail.repeatFrom}
            value={task.repeatFrom}
            options={[
              ['due', detail.fromDue],
              ['completion', detail.fromCompletion],
            ]}
            save={(repeatFrom) => actions.edit(task, { repeatFrom })}
          />
          {!task.completedAt && (
            <Button className="link small" onPress={() => actions.skip(task)}>
              {detail.skip}
            </Button>
          )}
        </>
      )}
    </>
  );
}

/** When a task is due. A field that needs the due date appears with it. */
export function Dates({ task, today }: { task: Task; today: string }) {
  const actions = useActions();
  const { dueDate } = task;
  const choices: [string, string][] = [
    [detail.today, today],
    [detail.tomorrow, addDays(today, 1)],
    [detail.nextWeek, addDays(today, 7 - weekdayOf(today))],
  ];
  return (
    <>
      <div className="due-date">
        <DateField label={detail.due} type="date" value={dueDate ?? ''} save={(value) => actions.edit(task, { dueDate: value })} />
        {dueDate === null && (
          <div className="choices">
            {choices.map(([label, date]) => (
              <Button key={label} className="choice" onPress={() => actions.edit(task, { dueDate: date })}>
                {label}
              </Button>
            ))}
          </div>
        )}
      </div>
      {dueDate !== null && (
        <>
          <DateField label={detail.time} type="time" value={task.dueTime ?? ''} save={(dueTime) => actions.edit(task, { dueTime })} />
          {task.timeZone && <p className="muted property-note">{detail.zone(task.timeZone)}</p>}
          <Repeat task={task} dueDate={dueDate} />
          <Reminders task={task} />
        </>
      )}
      <DateField label={detail.start} type="date" value={task.startDate ?? ''} save={(startDate) => actions.edit(task, { startDate })} />
    </>
  );
}
