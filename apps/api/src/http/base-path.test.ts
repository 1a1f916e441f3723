import { expect, it } from 'vitest';
import { stripBasePath } from './base-path.ts';

it.each([
  ['/todo', '/'],
  ['/todo/', '/'],
  ['/todo?x=/todo', '/?x=/todo'],
  ['/todo/trpc/tasks.list?input={}', '/trpc/tasks.list?input={}'],
  ['/todo/todo', '/todo'],
  ['/trpc/tasks.list', '/trpc/tasks.list'],
  ['/todos/trpc/tasks.list', '/todos/trpc/tasks.list'],
  ['/', '/'],
  ['*', '*'],
])('below /todo, %s is %s', (url, served) => {
  const request = { url };
  stripBasePath('/todo')(request);
  expect(request.url).toBe(served);
});
