import { PageEnd } from '../parts/paged-list.tsx';
import { texts } from '../texts.ts';
import { Events, useEvents } from './events.tsx';

export function TaskHistory({ id }: { id: string }) {
  const { items, ...end } = useEvents(id);
  return (
    <>
      <Events items={items} />
      <PageEnd {...end} empty={items.length ? null : texts.history.empty} />
    </>
  );
}
