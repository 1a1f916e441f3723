import type { Input, List, procedures } from '@todo/contract';
import { byPlace } from './order.ts';

/** The input of lists.list without its pages: archived lists, others, or all. */
export type ListFilter = Omit<NonNullable<Input<(typeof procedures.lists)['list']>>, 'limit' | 'cursor'>;

/** The lists that meet a filter, in their order. */
export const listLists = (lists: Iterable<List>, { archived }: ListFilter = {}): List[] =>
  [...lists].filter(({ archivedAt }) => archived === undefined || (archivedAt !== null) === archived).sort(byPlace);
