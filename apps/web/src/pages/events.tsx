import type { HistoryEvent } from '@todo/client';
import { useCallback, useMemo } from 'react';
import { Button } from 'react-aria-components/Button';
import { momentOf, plainDate, useToday } from '../data/dates.ts';
import { fieldName } from '../data/messages.ts';
import { presetOf, shortRule } from '../data/recurrence.ts';
import { useActions, useLists, usePage, useTasks } from '../data/todo.ts';
import { Icon } from '../parts/icons.tsx';
import { usePages } from '../parts/paged-list.tsx';
import { texts } from '../texts.ts';

const special: Partial<Record<string, (value: string, today: string) => string>> = {
  startDate: plainDate,
  dueDate: plainDate,
  recurrence: (rule) => (presetOf(rule) === 'custom' ? rule : shortRule(rule)),
  repeatFrom: (from) => (from === 'due' ? texts.detail.fromDue : texts.detail.fromCompletion),
  reminders: (minutes) => texts.detail.reminder(Number(minutes)),
};

const shown = (field: string, value: unknown, today: string): string => {
  if (value === null || value === '' || (Array.isArray(value) && value.length === 0)) return texts.history.nothing;
  return [value]
    .flat()
    .map((each) => special[field]?.(String(each), today) ?? String(each))
    .join(', ');
};

const hidden = new Set(['position', 'completedAt', 'archivedAt']);
type Change = { from: unknown; to: unknown };
const changesOf = ({ changes }: HistoryEvent): Partial<Record<string, Change>> => changes;

function Changes({ event }: { event: HistoryEvent }) {
  const lists = useLists();
  const tasks = useTasks();
  const today = useToday();
  const named = (field: string, value: unknown) => {
    if (field === 'listId') return value === null ? texts.views.inbox : (lists.get(String(value))?.name ?? texts.views.unknownList);
    if (field === 'parentId') return value === null ? texts.history.nothing : (tasks.get(String(value))?.title ?? texts.history.unnamed);
    return shown(field, value, today);
  };
  const changes = Object.entries(changesOf(event)).flatMap(([field, change]) => (change && !hidden.has(field) ? [{ field, ...change }] : []));
  if (event.action === 'created' || event.action === 'removed' || isBack(event) || changes.length === 0) return null;
  return (
    <ul className="changes">
      {changes.map(({ field, from, to }) => (
        <li key={field}>
          <span className="change-field">{fieldName(field)}</span> <del>{named(field, from)}</del> <span aria-hidden="true">→</span>{' '}
          <ins>{named(field, to)}</ins>
        </li>
      ))}
    </ul>
  );
}

const nameChange = (event: HistoryEvent) => changesOf(event)[event.entity === 'task' ? 'title' : 'name'];

/** Whether it was restored after it had been removed. Every field comes back then. */
const isBack = (event: HistoryEvent): boolean => event.action === 'restored' && nameChange(event)?.from === null;

const actionOf = (event: HistoryEvent): string => (event.action === 'restored' && !isBack(event) ? texts.history.setBack : texts.history.actions[event.action]);

/** What an event says of the name of its task or list. */
const nameIn = (event: HistoryEvent): string => {
  const { from, to } = nameChange(event) ?? { from: null, to: null };
  return String(to ?? from ?? '');
};

/** The last name of each task and list. Of what was removed, an event says it. */
function useNames(events: HistoryEvent[]): (event: HistoryEvent) => string {
  const [tasks, lists] = [useTasks(), useLists()];
  const told = useMemo(() => new Map(events.toReversed().flatMap((event) => (nameIn(event) ? [[event.id, nameIn(event)] as const] : []))), [events]);
  return ({ id }) => tasks.get(id)?.title ?? lists.get(id)?.name ?? told.get(id) ?? texts.history.unnamed;
}

function EventItem({ event, name, rewind }: { event: HistoryEvent; name: string; rewind: ((event: HistoryEvent) => void) | undefined }) {
  const actions = useActions();
  const { mutationId } = event;
  return (
    <li className="event">
      <div className="event-text">
        <p>
          <strong>{name}</strong> {actionOf(event)}
          {event.entity === 'list' && <span className="muted"> · {texts.history.list}</span>}
        </p>
        <Changes event={event} />
      </div>
      <time dateTime={event.at} title={texts.history.seq(event.seq)}>
        {momentOf(event.at)}
      </time>
      <div className="event-actions">
        {mutationId && (
          <Button className="icon-button small" aria-label={`${texts.history.undo}: ${name}`} onPress={() => actions.undoCall({ mutationId })}>
            <Icon name="undo" />
          </Button>
        )}
        {rewind && (
          <Button className="link small" onPress={() => rewind(event)}>
            {texts.history.rewind}
          </Button>
        )}
      </div>
    </li>
  );
}

export function Events({ items, rewind }: { items: HistoryEvent[]; rewind?: (event: HistoryEvent) => void }) {
  const nameOf = useNames(items);
  return (
    <ol className="events">
      {items.map((event) => (
        <EventItem key={event.seq} event={event} name={nameOf(event)} rewind={rewind} />
      ))}
    </ol>
  );
}

/** Reads pages of history anew after each change of this person. */
export function useEvents(id?: string) {
  const { client } = usePage();
  const tasks = useTasks();
  const lists = useLists();
  // The history grows with each change of tasks and lists.
  const read = useCallback((page: { limit: number; cursor?: string }) => client.history.list({ ...page, ...(id && { id }) }), [client, id, tasks, lists]);
  return usePages(read);
}
