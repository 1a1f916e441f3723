import { randomUUID } from 'node:crypto';
import { startTestApi } from '@todo/api/testing';
import type { List, Task } from '@todo/contract';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { readTaskFile } from '../../import.ts';
import { createTodoClient } from '../../index.ts';
import { listen } from '../../testing/client.ts';
import { content } from '../../testing/random.ts';

const cleanUp = new AsyncDisposableStack();
afterAll(() => cleanUp.disposeAsync());
const api = cleanUp.use(await startTestApi());
const server = cleanUp.use(await listen((request) => api.fetch(request.url, request)));

async function newcomer() {
  const todo = createTodoClient({ url: server.url });
  await todo.signUp({ name: 'Ada', email: `${randomUUID()}@example.com`, password: 'correct horse' });
  return todo;
}

/** Without what the database alone says. */
const declared = ({ createdAt: _, updatedAt: __, version: ___, ...entity }: List | Task) => entity;

it('an account that took over the export of another one has the same export', async () => {
  await fc.assert(
    fc.asyncProperty(content, fc.array(fc.record({ moved: fc.nat(), beside: fc.nat() }), { maxLength: 4 }), async (given, moves) => {
      const [ada, ben] = [await newcomer(), await newcomer()];
      await ada.importTasks(given);
      for (const { moved, beside } of moves) {
        const [one, other] = [moved, beside].map((at) => given.tasks[at % given.tasks.length]);
        // A task cannot go beside itself, or below itself.
        if (one && other && one.parentId === null && other.parentId === null && one !== other) await ada.tasks.move({ id: one.id, after: other.id });
      }
      const exported = await ada.exportAccount();
      const { problems, notes, ignored, ...file } = readTaskFile(JSON.stringify(exported));
      expect([notes, ignored]).toEqual([[], []]);
      expect(problems).toHaveLength(given.lists.length + given.tasks.length ? 0 : 1);
      const { lists, created, conflicts } = await ben.importTasks(file);
      expect([lists.created, created, conflicts]).toEqual([given.lists.length, given.tasks.length, []]);
      const again = await ben.exportAccount();
      expect(again.lists.map(declared)).toEqual(exported.lists.map(declared));
      expect(again.tasks.map(declared)).toEqual(exported.tasks.map(declared));
    }),
    { numRuns: 25 },
  );
});
