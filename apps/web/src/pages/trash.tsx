import { useCallback } from 'react';
import { Button } from 'react-aria-components/Button';
import { momentOf } from '../data/dates.ts';
import { useActions, usePage, useTasks } from '../data/todo.ts';
import { PageEnd, usePages } from '../parts/paged-list.tsx';
import { texts } from '../texts.ts';

const { trash } = texts;

export function TrashPage() {
  const { client } = usePage();
  const actions = useActions();
  const tasks = useTasks();
  // The trash changes with the tasks.
  const read = useCallback((page: { limit: number; cursor?: string }) => client.tasks.removed(page), [client, tasks]);
  const { items, ...end } = usePages(read);
  return (
    <div className="page">
      <h1>{texts.views.trash}</h1>
      <p className="muted page-intro">{trash.intro}</p>
      <ul className="events">
        {items.map(({ id, title, removedAt }) => (
          <li key={id} className="event">
            <div className="event-text">
              <p>
                <strong>{title}</strong>
              </p>
            </div>
            <time dateTime={removedAt}>{trash.removedAt(momentOf(removedAt))}</time>
            <div className="event-actions">
              <Button className="button small" aria-label={trash.restoreNamed(title)} onPress={() => actions.restore(id, title)}>
                {trash.restore}
              </Button>
            </div>
          </li>
        ))}
      </ul>
      <PageEnd {...end} empty={items.length ? null : trash.empty} />
    </div>
  );
}
