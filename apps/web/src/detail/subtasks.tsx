import type { Task } from '@todo/client';
import { useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { openTask } from '../data/navigation.ts';
import { childrenOf } from '../data/rows.ts';
import { useActions, useTasks } from '../data/todo.ts';
import { Icon } from '../parts/icons.tsx';
import { Tick } from '../tasks/task-row.tsx';
import { texts } from '../texts.ts';

const { detail } = texts;

export function Subtasks({ task }: { task: Task }) {
  const actions = useActions();
  const children = childrenOf(useTasks(), task.id);
  const [text, setText] = useState('');
  return (
    <section className="subtasks" aria-label={detail.subtasks}>
      {children.length > 0 && (
        <ul>
          {children.map((child) => (
            <li key={child.id} className={child.completedAt ? 'is-done' : ''}>
              <Tick task={child} />
              <Button className="subtask-title" onPress={() => openTask(child.id)}>
                {child.title}
              </Button>
            </li>
          ))}
        </ul>
      )}
      <form
        className="quick-add is-small"
        onSubmit={(event) => {
          event.preventDefault();
          const title = text.trim();
          if (title && actions.add({ title, parentId: task.id, listId: task.listId })) setText('');
        }}
      >
        <Icon name="plus" />
        <input
          aria-label={detail.addSubtask}
          placeholder={detail.addSubtask}
          value={text}
          maxLength={500}
          autoComplete="off"
          onChange={({ target }) => setText(target.value)}
        />
      </form>
    </section>
  );
}
