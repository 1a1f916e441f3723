import { createCollection, useLiveQuery } from '@tanstack/react-db';
import { createElement, type ReactNode, useRef } from 'react';
import { createRoot } from 'react-dom/client';
import { createTodoClient } from '../index.ts';
import { TodoProvider, useLists, useSession, useTasks, useTodo } from '../react.ts';
import { createReplica, indexedDbStorage } from '../replica.ts';
import { todoCollectionOptions } from '../tanstack-db.ts';

/** Shows what a hook returns, and how often it was rendered. */
function Shown({ name, children }: { name: string; children: ReactNode }) {
  const renders = useRef(0);
  renders.current += 1;
  return createElement('p', { 'aria-label': name, 'data-renders': renders.current }, children);
}

const titlesOf = (tasks: readonly { title: string }[]) => tasks.map(({ title }) => title).join(', ');

function Open() {
  return Shown({ name: 'open', children: titlesOf(useTasks({ completed: false, sort: 'title', order: 'asc' })) });
}
function Done() {
  return Shown({ name: 'done', children: titlesOf(useTasks({ completed: true, sort: 'title', order: 'asc' })) });
}
function Lists() {
  const lists = useLists({ archived: false });
  return Shown({ name: 'lists', children: lists.map(({ name }) => name).join(', ') });
}
function State() {
  const { state, pending } = useTodo();
  return Shown({ name: 'state', children: `${state}, ${pending.length} waiting` });
}
function Session() {
  const { state, user } = useSession();
  return Shown({ name: 'session', children: `${state}: ${user?.name ?? 'nobody'}` });
}

declare const location: { origin: string };
declare const document: { getElementById(id: string): Parameters<typeof createRoot>[0] };

const client = createTodoClient({ url: location.origin, session: 'cookie' });
const replica = createReplica(client, { storage: indexedDbStorage() });
const tasks = createCollection(todoCollectionOptions(replica, 'tasks'));

function Live() {
  const { data } = useLiveQuery((q) => q.from({ task: tasks }).orderBy(({ task }) => task.title));
  return Shown({ name: 'live query', children: titlesOf(data) });
}

const parts = [Open, Done, Lists, State, Session, Live].map((Part) => createElement(Part, { key: Part.name }));
createRoot(document.getElementById('root')).render(createElement(TodoProvider, { client, replica }, parts));

/** What a test acts with. */
const hooks = { client, replica, tasks };
export type Hooks = typeof hooks;

Object.assign(globalThis, { hooks });
