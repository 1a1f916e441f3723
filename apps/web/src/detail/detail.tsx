import type { Task } from '@todo/client';
import { useEffect, useRef, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { momentOf, useToday } from '../data/dates.ts';
import { openTask } from '../data/navigation.ts';
import { orderedLists } from '../data/rows.ts';
import { useActions, useLists, useTask, useTasks } from '../data/todo.ts';
import { TaskHistory } from '../pages/task-history.tsx';
import { Popup } from '../parts/dialog.tsx';
import { Icon } from '../parts/icons.tsx';
import { Tick } from '../tasks/task-row.tsx';
import { texts } from '../texts.ts';
import { Dates } from './dates.tsx';
import { SelectField, useDraft } from './draft.tsx';
import { Labels } from './labels.tsx';
import { Subtasks } from './subtasks.tsx';

const { detail } = texts;
const INBOX = '';
const priorities = ['none', 'low', 'medium', 'high'] as const;

export function Detail({ id, close }: { id: string; close: () => void }) {
  const task = useTask(id);
  const pane = useRef<HTMLElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);

  useEffect(() => {
    const before = document.activeElement;
    heading.current?.focus();
    return () => {
      const isThere = before instanceof HTMLElement && before.isConnected && before !== document.body && !before.matches('[data-quick-add]');
      const target = isThere ? before : document.querySelector<HTMLElement>(`[data-task="${id}"]`);
      target?.focus();
    };
  }, [id]);

  return (
    <aside
      ref={pane}
      className="detail"
      aria-label={detail.name}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || event.defaultPrevented) return;
        event.stopPropagation();
        close();
      }}
    >
      <header className="detail-head">
        <h2 ref={heading} tabIndex={-1}>
          {detail.name}
        </h2>
        <Button className="icon-button" aria-label={detail.close} onPress={close}>
          <Icon name="close" />
        </Button>
      </header>
      {task ? <TaskFields task={task} close={close} /> : <p className="detail-gone muted">{detail.gone}</p>}
    </aside>
  );
}

function Title({ task }: { task: Task }) {
  const actions = useActions();
  const draft = useDraft(task.title, (text) => text.trim() && actions.edit(task, { title: text.trim() }));
  return (
    <div className="detail-title">
      <Tick task={task} />
      <textarea
        aria-label={detail.title}
        dir="auto"
        rows={1}
        maxLength={500}
        value={draft.value}
        onChange={({ target }) => draft.change(target.value.replace(/\n/g, ' '))}
        onBlur={draft.commit}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          event.preventDefault();
          draft.commit();
        }}
      />
    </div>
  );
}

function Description({ task }: { task: Task }) {
  const actions = useActions();
  const draft = useDraft(task.description, (description) => actions.edit(task, { description }));
  return (
    <textarea
      className="description"
      aria-label={detail.description}
      dir="auto"
      placeholder={detail.descriptionHint}
      rows={3}
      maxLength={10_000}
      value={draft.value}
      onChange={({ target }) => draft.change(target.value)}
      onBlur={draft.commit}
    />
  );
}

function TaskFields({ task, close }: { task: Task; close: () => void }) {
  const actions = useActions();
  const today = useToday();
  const lists = useLists();
  const tasks = useTasks();
  const [isHistoryShown, setIsHistoryShown] = useState(false);
  const parent = task.parentId === null ? undefined : tasks.get(task.parentId);
  const inUse = orderedLists(lists).filter(({ id, archivedAt }) => !archivedAt || id === task.listId);
  const places = [[INBOX, texts.views.inbox] as const, ...inUse.map(({ id, name }) => [id, name] as const)];
  return (
    <div className="detail-scroll">
      {parent && (
        <Button className="link part-of" onPress={() => openTask(parent.id)}>
          <Icon name="subtask" />
          {detail.partOf} {parent.title}
        </Button>
      )}
      <Title task={task} />
      <Description task={task} />
      <Subtasks task={task} />
      <div className="properties">
        <SelectField label={detail.list} value={task.listId ?? INBOX} options={places} save={(listId) => actions.move(task, { listId: listId || null })} />
        <SelectField
          label={detail.priority}
          value={task.priority}
          options={priorities.map((name) => [name, texts.priority[name]] as const)}
          save={(priority) => actions.edit(task, { priority })}
        />
        <Dates task={task} today={today} />
        <Labels task={task} />
      </div>
      <footer className="detail-foot">
        <Button className="link" onPress={() => setIsHistoryShown(true)}>
          <Icon name="history" />
          {detail.history}
        </Button>
        <Button
          className="link danger"
          onPress={() => {
            actions.remove(task);
            close();
          }}
        >
          <Icon name="trash" />
          {detail.remove}
        </Button>
        <p className="muted">{detail.created(momentOf(task.createdAt))}</p>
      </footer>
      <Popup title={texts.history.ofTask(task.title)} isOpen={isHistoryShown} onClose={() => setIsHistoryShown(false)} className="wide">
        <TaskHistory id={task.id} />
      </Popup>
    </div>
  );
}
