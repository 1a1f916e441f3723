import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { expect, it } from 'vitest';
import { createTodoClient } from '../index.ts';
import { TodoProvider, useSession, useTasks, useTodo } from '../react.ts';
import { createReplica } from '../replica.ts';

it('on a server, hooks show a replica that has not loaded', () => {
  function Part() {
    const { state, pending } = useTodo();
    return `${useSession().state}, ${state}, ${pending.length}, ${useTasks().length}`;
  }
  const client = createTodoClient({ url: 'http://127.0.0.1:1' });
  const replica = createReplica(client);
  expect(renderToString(createElement(TodoProvider, { client, replica }, createElement(Part)))).toBe('loading, loading, 0, 0');
  expect(() => renderToString(createElement(Part))).toThrow('TodoProvider');
  replica.close();
});
