export { positionBetween } from './position.ts';
export { type ListFilter, listLists } from './queries/list-lists.ts';
export { listTasks, type TaskFilter } from './queries/list-tasks.ts';
export type { LostField, Mutations, Notice, Pending, QueuedChange, RefusedChange } from './replica/change.ts';
export { indexedDbStorage } from './replica/indexed-db.ts';
export { createReplica, type Replica, type ReplicaOptions, type ReplicaState } from './replica/replica.ts';
export type { Channel, Sharing } from './replica/sharing.ts';
export { type Entry, memoryStorage, type ReplicaStorage, type SavedEntries } from './replica/storage.ts';
