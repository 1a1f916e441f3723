import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { startTestApi } from '../testing/api.ts';

it('a client copies a task with its subtasks beside it, by createMany and move in one group, and one undo takes both back', async () => {
  await using api = await startTestApi();
  const { tasks, history } = (await api.signUp()).client.jwt;
  const trip = await tasks.create.mutate({ title: 'Trip', labels: ['travel'] });
  const bag = await tasks.create.mutate({ title: 'Bag', parentId: trip.id });
  await tasks.create.mutate({ title: 'Last' });
  const [groupId, copyId] = [randomUUID(), randomUUID()];
  const copies = [
    { id: copyId, title: trip.title, labels: trip.labels },
    { id: randomUUID(), title: bag.title, parentId: copyId },
  ];
  await tasks.createMany.mutate({ tasks: copies, mutationId: randomUUID(), groupId });
  await tasks.move.mutate({ id: copyId, after: trip.id, mutationId: randomUUID(), groupId });
  const titles = async () => (await tasks.list.query({ parentId: null, sort: 'position', order: 'asc' })).items.map(({ title }) => title);
  expect(await titles()).toEqual(['Trip', 'Trip', 'Last']);
  expect((await tasks.list.query({ parentId: copyId })).items).toMatchObject([{ title: 'Bag' }]);
  expect(await history.undo.mutate({ of: { groupId } })).toMatchObject({ removed: 2, kept: [] });
  expect(await titles()).toEqual(['Trip', 'Last']);
});
