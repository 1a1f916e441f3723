import type { Input, procedures } from '@todo/contract';

type Lists = (typeof procedures)['lists'];
type Tasks = (typeof procedures)['tasks'];
type Labels = (typeof procedures)['labels'];
type History = (typeof procedures)['history'];
type ListCall = { [Name in keyof Lists]: { path: `lists.${Name}`; input: NonNullable<Input<Lists[Name]>> } };
type TaskCall = { [Name in keyof Tasks]: { path: `tasks.${Name}`; input: NonNullable<Input<Tasks[Name]>> } };
type LabelCall = { [Name in keyof Labels]: { path: `labels.${Name}`; input: NonNullable<Input<Labels[Name]>> } };
type HistoryCall = { [Name in keyof History]: { path: `history.${Name}`; input: NonNullable<Input<History[Name]>> } };
type Mutations<Group> = { [Name in keyof Group]: Group[Name] extends { kind: 'mutation' } ? Name : never }[keyof Group];
export type Call = ListCall[Mutations<Lists>] | TaskCall[Mutations<Tasks>] | LabelCall[Mutations<Labels>] | HistoryCall[Mutations<History>];
