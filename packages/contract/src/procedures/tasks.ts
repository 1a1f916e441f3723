import { z } from 'zod';
import { entities } from '../entities.ts';
import { shapeOf } from '../fields.ts';
import { longMutation, mutation, query } from '../kinds.ts';
import { CHANGE_MANY_MAX_IDS, CREATE_MANY_MAX_TASKS, costOfChanges, costOfPage, IMPORT_MAX_ITEMS, SEARCH_COST } from '../limits.ts';
import { checkRecurrence, completeRecurrence, type Recurring } from '../recurrence.ts';
import {
  changeInput,
  changeOne,
  checkNeighbors,
  checkRequirements,
  creatable,
  done,
  editable,
  entityOf,
  haveUniqueIds,
  id,
  imported,
  isUnique,
  neighbors,
  one,
  paged,
  pageOf,
  restoreOne,
  triableInput,
  unique,
} from '../schemas.ts';
import { date, utc } from '../values.ts';
import { costOfList, listInput } from './filters.ts';
import { checkLabelChanges, labelChanges } from './labels.ts';

const { fields } = entities.task;
const requirements = checkRequirements(fields);
const checked = <Schema extends z.ZodType<Recurring & Record<string, unknown>>>(schema: Schema): Schema =>
  schema.superRefine(requirements).superRefine(checkRecurrence).overwrite(completeRecurrence);
/** Whether a rule may lack its days depends on the task if the edit does not say from when it repeats. */
const checkedEdit = <Schema extends z.ZodType<Recurring & Record<string, unknown>>>(schema: Schema): Schema =>
  schema
    .superRefine(requirements)
    .superRefine(checkRecurrence)
    .overwrite((input) => (input.repeatFrom === undefined ? input : completeRecurrence(input)));

export const task = entityOf(fields).meta({ id: 'Task' });
/** Without an id the server chooses one. */
const newTask = checked(z.strictObject({ id: id.optional(), ...shapeOf(creatable(fields), 'given') })).meta({ id: 'NewTask' });
/** With an id, so that another import recognizes it. */
export const importTask = checked(z.strictObject({ id, ...shapeOf(fields, 'given') })).meta({ id: 'ImportTask' });
/** A removed task as it last was. */
const removedTask = z.strictObject({ id: z.uuid(), ...shapeOf(fields, 'stored'), removedAt: utc }).meta({ id: 'RemovedTask' });

const changedTask = task.extend(done).meta({ id: 'ChangedTask' });
const changedTasks = z.strictObject({ tasks: z.array(task), ...done }).meta({ id: 'ChangedTasks' });
const oneExpected = changeInput(changeOne);
const many = { ids: z.array(id).min(1).max(CHANGE_MANY_MAX_IDS).refine(isUnique, unique) };
const manyIds = changeInput(many);
/** The date on which the caller says it; by default today in the time zone of the task, or in UTC. */
const on = { on: date().schema.optional() };
const patch = { ...shapeOf(editable(fields), 'patch'), ...labelChanges };

/** Where tasks go. An omitted list or parent stays as it is; a neighbour says both, and a parent says the list. At the end unless a neighbour is given. */
const target = {
  /** Null for the inbox. In another list a task is at the top level unless a parent is given. */
  listId: id.nullable().optional(),
  /** Null for the top level. */
  parentId: id.nullable().optional(),
  /** The task before or after which to place them, in the same list and parent. */
  ...neighbors,
};

const counts = z.strictObject({
  open: z.int(),
  completed: z.int(),
  /** With `today`. */
  overdue: z.int().optional(),
  today: z.int().optional(),
  /** With `today`: the lists of open tasks, in no order; null is the inbox. */
  lists: z.array(z.strictObject({ id: z.uuid().nullable(), open: z.int() })).optional(),
  /** With `today`: the labels of open tasks, those of most tasks first, at most 200. */
  labels: z.array(z.strictObject({ name: z.string(), open: z.int() })).optional(),
});

/** A task of another user fails with TASK_NOT_FOUND, like one that does not exist. */
export const tasks = {
  /** Creates a task. Fails with ID_TAKEN if a task with this id and other content exists, LIST_NOT_FOUND, QUOTA_REACHED at the maximum of tasks or of bytes. */
  create: mutation(checked(changeInput(newTask.shape)), changedTask),
  /** Returns a task. Fails with TASK_NOT_FOUND. */
  get: query(z.strictObject(one), task),
  /** A page of tasks, newest first by default. Fails with INVALID_CURSOR. */
  list: query(listInput.prefault({}), pageOf(task), costOfList),
  /** Numbers of tasks. With the caller's date, also how many are overdue and due today, and how many open tasks each list and each label has. */
  counts: query(z.strictObject({ today: date().schema.optional() }).prefault({}), counts, ({ today }) => (today === undefined ? 1 : SEARCH_COST)),
  /** Changes the given fields; null clears one. Fails with TASK_NOT_FOUND, VERSION_CONFLICT, or QUOTA_REACHED if the texts become longer than the maximum. */
  edit: mutation(checkedEdit(changeInput({ ...changeOne, ...patch })).superRefine(checkLabelChanges), changedTask),
  /**
   * Completes a task; a completed one stays as it is. A recurring task moves to its next date instead and stays open, until its rule ends: to the first date after its
   * due date and not before `on`, or with `repeatFrom` completion to the first one after `on`, counted from there. When a task moves, its completed subtasks are reopened.
   * `subtasks` completes the open subtasks of a task that does not move, also those that recur. Fails with TASK_NOT_FOUND or VERSION_CONFLICT.
   */
  complete: mutation(changeInput({ ...changeOne, ...on, subtasks: z.boolean().optional() }), changedTask),
  /**
   * Moves a recurring task to its next date without completing it: to the first one after its due date and not before `on`. Its completed subtasks are reopened.
   * Fails with TASK_NOT_FOUND, VERSION_CONFLICT, or NO_NEXT_DATE if it is completed, does not recur or has no later date.
   */
  skip: mutation(changeInput({ ...changeOne, ...on }), changedTask),
  /** Opens a completed task again; an open one stays as it is. Fails with TASK_NOT_FOUND or VERSION_CONFLICT. */
  reopen: mutation(oneExpected, changedTask),
  /**
   * Moves a task to another list or parent, or to another place. Its subtasks go with it. Neighbours without room between them get new positions. Fails with
   * TASK_NOT_FOUND, VERSION_CONFLICT, LIST_NOT_FOUND, PARENT_NOT_FOUND, NEIGHBOR_NOT_FOUND if the neighbour is not in the given list and parent, PARENT_IN_OTHER_LIST,
   * PARENT_IS_SUBTASK, LEVELS_EXCEEDED.
   */
  move: mutation(changeInput({ ...changeOne, ...target }).superRefine(checkNeighbors), changedTask),
  /** Removes a task and its subtasks. Fails with TASK_NOT_FOUND or VERSION_CONFLICT. */
  remove: mutation(oneExpected, z.strictObject({ id: z.uuid(), ...done })),
  /**
   * Creates all or none. Fails with ID_TAKEN and the `index` of the first task whose id has other content, LIST_NOT_FOUND and that of the first
   * without its list, QUOTA_REACHED.
   */
  createMany: mutation(changeInput({ tasks: z.array(newTask).min(1).max(CREATE_MANY_MAX_TASKS).refine(haveUniqueIds, unique) }), changedTasks, ({ tasks }) =>
    costOfChanges(tasks.length),
  ),
  /**
   * Changes the given fields in all or none. Fails like `edit`, with the `index` of the first missing task, or of the first that lacks a field which a given one
   * requires; TOO_LARGE if the tasks take more than 0.5 MB.
   */
  editMany: mutation(checkedEdit(changeInput({ ...many, ...patch })).superRefine(checkLabelChanges), changedTasks, ({ ids }) => costOfChanges(ids.length)),
  /**
   * Completes all or none, each as `complete` does. Fails with TASK_NOT_FOUND and the `index` of the first missing one, TOO_LARGE if the tasks take more than
   * 0.5 MB, VERSION_CONFLICT if recurring ones keep changing meanwhile.
   */
  completeMany: mutation(changeInput({ ...many, ...on }), changedTasks, ({ ids }) => costOfChanges(ids.length)),
  /** Moves all or none, in the given order, as `move` does. What is omitted is that of the first one. Fails with TASK_NOT_FOUND and the `index` of the first missing one. */
  moveMany: mutation(
    changeInput({ ids: z.array(id).min(1).max(CHANGE_MANY_MAX_IDS).refine(isUnique, unique), ...target }).superRefine(checkNeighbors),
    z.strictObject({ ids: z.array(z.uuid()), ...done }),
    ({ ids }) => costOfChanges(ids.length),
  ),
  /** Removes all or none, with their subtasks. Fails with TASK_NOT_FOUND and the `index` of the first missing one. */
  removeMany: mutation(manyIds, z.strictObject({ ids: z.array(z.uuid()), ...done }), ({ ids }) => costOfChanges(ids.length)),
  /**
   * Creates the tasks whose ids do not exist, all or none, and changes no existing task. Fails with QUOTA_REACHED and the `index` of the first above it,
   * LIST_NOT_FOUND and that of the first without its list; a dry run does not look for lists, as the import of a file makes them first.
   */
  import: longMutation(triableInput({ tasks: z.array(importTask).min(1).max(IMPORT_MAX_ITEMS).refine(haveUniqueIds, unique) }), imported, ({ tasks }) =>
    costOfChanges(tasks.length),
  ),
  /** A page of removed tasks that can be restored, latest removal first. Fails with INVALID_CURSOR. */
  removed: query(z.strictObject(paged).prefault({}), pageOf(removedTask), ({ limit }) => costOfPage(limit)),
  /**
   * Restores a removed task as it last was, or sets a task back to how it was at `seq`. Fails with TASK_NOT_FOUND, also when the task did not exist at `seq`,
   * QUOTA_REACHED, and INVALID_INPUT if the log was trimmed past `seq`.
   */
  restore: mutation(changeInput(restoreOne), changedTask),
};

export type Task = z.output<typeof task>;
export type NewTask = z.input<typeof newTask>;
export type ImportTask = z.input<typeof importTask>;
export type RemovedTask = z.output<typeof removedTask>;
