import { expect, it } from 'vitest';
import { hrefOf, readPlace } from './navigation.ts';

it.each(['a/b%', '..', '<b>', 'a?task=1', '%E0%A4%A', ''])('a label named %j is in the address, and is read from it', (name) => {
  const view = { kind: 'label' as const, name };
  expect(readPlace(hrefOf(view, 'id'))).toEqual({ view, taskId: 'id', link: null });
});

it.each(['#/label/%', '#/%E0%A4%A', '#/inbox?task=%', '#//', '#'])('an address such as %s, which is none, opens a view too', (hash) => {
  expect(readPlace(hash).view.kind).toMatch(/^(label|inbox)$/);
});
