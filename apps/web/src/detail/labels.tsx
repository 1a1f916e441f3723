import type { Task } from '@todo/client';
import { useId, useState } from 'react';
import { countsOf } from '../data/counts.ts';
import { useToday } from '../data/dates.ts';
import { useActions, useLists, useTasks } from '../data/todo.ts';
import { texts } from '../texts.ts';

const { detail } = texts;
const LABELS_MAX = 20;

export function Labels({ task }: { task: Task }) {
  const actions = useActions();
  const [text, setText] = useState('');
  const id = useId();
  const known = countsOf({ tasks: useTasks(), lists: useLists(), today: useToday() }).labels;
  const add = () => {
    const name = text.trim();
    setText('');
    if (name && !task.labels.some((label) => label.toLowerCase() === name.toLowerCase())) actions.edit(task, { addLabels: [name] });
  };
  return (
    <fieldset className="property is-tall">
      <legend>{detail.labels}</legend>
      <div className="tokens">
        {task.labels.map((name) => (
          <span key={name} className="chip label token">
            {name}
            <button type="button" aria-label={detail.removeLabel(name)} onClick={() => actions.edit(task, { removeLabels: [name] })}>
              ×
            </button>
          </span>
        ))}
        {task.labels.length < LABELS_MAX && (
          <input
            aria-label={detail.addLabel}
            placeholder={detail.addLabel}
            list={id}
            maxLength={50}
            value={text}
            autoComplete="off"
            onChange={({ target }) => setText(target.value)}
            onBlur={add}
            onKeyDown={(event) => {
              if (event.key !== 'Enter') return;
              event.preventDefault();
              add();
            }}
          />
        )}
        <datalist id={id}>
          {known.map(({ name }) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      </div>
    </fieldset>
  );
}
