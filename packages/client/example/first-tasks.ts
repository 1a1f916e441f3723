// A first program: node packages/client/example/first-tasks.ts [address of the server]
import { createTodoClient, TodoError } from '@todo/client';
import { createReplica } from '@todo/client/replica';

const url = process.argv[2] ?? 'http://localhost:3000';
const todo = createTodoClient({ url });

async function main(): Promise<void> {
  const email = `ada-${Date.now()}@example.com`;
  const user = await todo.signUp({ name: 'Ada', email, password: 'correct horse battery' });
  console.log(`Signed up as ${user.email}.`);

  const milk = await todo.tasks.create({ title: 'Buy milk' });
  const book = await todo.tasks.create({ title: 'Read a book', description: 'Any will do.' });
  await todo.tasks.edit({ id: milk.id, title: 'Buy oat milk' });
  await todo.tasks.complete({ id: book.id });

  const { items } = await todo.tasks.list({ sort: 'created', order: 'asc' });
  for (const { title, completedAt } of items) console.log(`[${completedAt ? 'x' : ' '}] ${title}`);
  const { open, completed } = await todo.tasks.counts();
  console.log(`${open} open, ${completed} completed.`);

  // Somebody else was quicker: the version that was read is no longer the task's.
  try {
    await todo.tasks.edit({ id: milk.id, title: 'Buy rice milk', expectedVersion: milk.version });
  } catch (error) {
    if (!(error instanceof TodoError) || error.reason !== 'VERSION_CONFLICT') throw error;
    console.log(`Not changed: ${error.message}`);
  }

  await todo.tasks.remove({ id: book.id });
  await todo.tasks.restore({ id: book.id });
  const history = await todo.history.list({ id: book.id });
  console.log(`${book.title}: ${history.items.map(({ action }) => action).join(' < ')}`);

  // A window of a front end: it shows what is there and what others change, and its own changes at once.
  const replica = createReplica(todo);
  const titles = () => [...replica.tasks().values()].map(({ title }) => title).join(', ');
  await new Promise<void>((resolve) => replica.subscribe(() => replica.state === 'live' && resolve()));
  console.log(`Live: ${titles()}`);
  const { done } = replica.mutate.tasks.create({ title: 'Call Bob' });
  console.log(`At once: ${titles()}`);
  console.log(`Answered: ${(await done).title}`);
  replica.close();

  await todo.signOut();
  console.log('Signed out.');
}

try {
  await main();
} catch (error) {
  if (!(error instanceof TodoError)) throw error;
  console.error(`${error.reason}: ${error.message}`, error.fields);
  process.exitCode = 1;
}
