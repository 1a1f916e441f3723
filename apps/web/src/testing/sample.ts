import { createTodoClient } from '@todo/client';
import type { newcomer, Page } from '@todo/client/testing';
import { signIn } from './site.ts';

/** A calendar date, counted from today. */
export function dayFromNow(days: number): string {
  const date = new Date();
  date.setDate(date.getDate() + days);
  return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}-${String(date.getDate()).padStart(2, '0')}`;
}

/** Signs a person up at this server, with tasks and lists as somebody might have them. */
async function createSample(url: string, person: ReturnType<typeof newcomer>): Promise<void> {
  const { signUp, tasks, lists } = createTodoClient({ url });
  await signUp(person);
  const { id: home } = await lists.create({ name: 'Home', color: '#0f766e' });
  const { id: book } = await lists.create({ name: 'Write the book', color: '#b45309' });
  const { id: trip } = await lists.create({ name: 'Trip to Lisbon', color: '#1d4ed8' });
  await lists.create({ name: 'Reading' });
  await tasks.create({ title: 'Call the dentist about Thursday', dueDate: dayFromNow(-2), labels: ['calls'] });
  await tasks.create({ title: 'Renew passport', dueDate: dayFromNow(0), priority: 'high', labels: ['errands'], description: 'Photo, old passport, 60 €.' });
  await tasks.create({ title: 'Reply to Charles about the engine', priority: 'medium', labels: ['calls', 'work'] });
  await tasks.create({ title: 'Look for a birthday present for Ben', dueDate: dayFromNow(4) });
  await tasks.create({ title: 'Think about what comes after the analytical engine, and whether it could compose pieces of music of any degree of complexity' });
  await tasks.create({ title: 'Water the plants', listId: home, dueDate: dayFromNow(0), recurrence: 'FREQ=DAILY' });
  const { id: bath } = await tasks.create({ title: 'Repair the bathroom', listId: home, priority: 'low', dueDate: dayFromNow(9), labels: ['house'] });
  const { id: tiles } = await tasks.create({ title: 'Choose tiles', listId: home, parentId: bath });
  await tasks.create({ title: 'Visit the showroom', listId: home, parentId: tiles, dueDate: dayFromNow(1), dueTime: '10:30' });
  const { id: measured } = await tasks.create({ title: 'Measure the walls', listId: home, parentId: bath });
  await tasks.complete({ id: measured });
  await tasks.create({ title: 'Ask three plumbers', listId: home, parentId: bath, labels: ['calls'] });
  await tasks.create({ title: 'Take out the recycling', listId: home, dueDate: dayFromNow(1), recurrence: 'FREQ=WEEKLY', reminders: [720] });
  await tasks.create({ title: 'Outline chapter four', listId: book, dueDate: dayFromNow(0), dueTime: '14:00', priority: 'medium' });
  const { id: chapter } = await tasks.create({ title: 'Send chapter three', listId: book, dueDate: dayFromNow(2) });
  await tasks.create({ title: 'Collect notes on Bernoulli numbers', listId: book, labels: ['work'] });
  await tasks.create({ title: 'Book the night train', listId: trip, dueDate: dayFromNow(3), priority: 'high' });
  await tasks.create({ title: 'Find a guest house in Alfama', listId: trip, dueDate: dayFromNow(3) });
  await tasks.create({ title: 'Learn ten sentences of Portuguese', listId: trip, dueDate: dayFromNow(12) });
  for (const title of ['Pay the electricity bill', 'Buy stamps']) await tasks.complete({ id: (await tasks.create({ title })).id });
  await tasks.edit({ id: chapter, title: 'Send chapter three to the editor', addLabels: ['work'] });
  await tasks.remove({ id: (await tasks.create({ title: 'An idea that did not last' })).id });
}

/** Signs a person in who has these tasks. */
export async function withSample(page: Page, person: ReturnType<typeof newcomer>): Promise<void> {
  await createSample(new URL(page.url()).origin, person);
  await signIn(page, person);
  await page.getByText('Renew passport').waitFor();
  // Away from the rows, which show when they are pointed at.
  await page.mouse.move(0, 0);
}
