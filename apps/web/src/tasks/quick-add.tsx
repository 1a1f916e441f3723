import type { NewTask } from '@todo/client';
import { useState } from 'react';
import { addDays } from '../data/dates.ts';
import type { View } from '../data/navigation.ts';
import { useActions } from '../data/todo.ts';
import { Icon } from '../parts/icons.tsx';
import { texts } from '../texts.ts';

/** What a task gets that is added in a view, so that it appears there; undefined where none can be added. */
function defaultsOf(view: View, today: string): Omit<NewTask, 'title'> | undefined {
  switch (view.kind) {
    case 'inbox':
      return {};
    case 'today':
      return { dueDate: today };
    case 'upcoming':
      return { dueDate: addDays(today, 1) };
    case 'list':
      return { listId: view.name };
    case 'label':
      return { labels: [view.name] };
    default:
      return undefined;
  }
}

/** Enter adds the task and leaves the field ready for the next one. */
export function QuickAdd({ view, title, today }: { view: View; title: string; today: string }) {
  const actions = useActions();
  const [text, setText] = useState('');
  const defaults = defaultsOf(view, today);
  if (!defaults) return null;
  const label = view.kind === 'upcoming' ? texts.dates.tomorrow : title;
  return (
    <form
      className="quick-add"
      onSubmit={(event) => {
        event.preventDefault();
        const trimmed = text.trim();
        if (trimmed && actions.add({ ...defaults, title: trimmed })) setText('');
      }}
    >
      <Icon name="plus" />
      <input
        data-quick-add
        aria-label={texts.tasks.addTo(label)}
        placeholder={texts.tasks.addTo(label)}
        value={text}
        maxLength={500}
        enterKeyHint="done"
        autoComplete="off"
        onChange={({ target }) => setText(target.value)}
        onKeyDown={({ key, currentTarget }) => key === 'Escape' && currentTarget.blur()}
      />
    </form>
  );
}
