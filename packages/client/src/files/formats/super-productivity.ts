import { type Context, createSource, type Draft, keep, type Source } from '../drafts/draft.ts';
import { inZone, isDate, timestampOf } from '../parsing/date-time.ts';
import { arrayOf, othersOf, recordOf, textOf } from '../parsing/json.ts';

const KNOWN =
  'id projectId title notes subTaskIds tagIds parentId isDone doneOn dueDay dueWithTime plannedAt repeatCfgId remindAt reminderId attachments issueId'.split(
    ' ',
  );
const SILENT =
  'created modified timeSpentOnDay timeSpent timeEstimate _showSubTasksMode _hideSubTasksMode issueType issueProviderId issueLastUpdated issuePoints issueWasUpdated issueAttachmentNr issueTimeTracked repeatCfgId hasPlannedTime'.split(
    ' ',
  );
const DAYS: [string, string][] = [
  ['monday', 'MO'],
  ['tuesday', 'TU'],
  ['wednesday', 'WE'],
  ['thursday', 'TH'],
  ['friday', 'FR'],
  ['saturday', 'SA'],
  ['sunday', 'SU'],
];

type Json = Record<string, unknown>;

/** The state in a backup: the file itself, or a property of it. */
function stateOf(content: unknown): Json | undefined {
  const root = recordOf(content);
  return [root, recordOf(root.data), recordOf(root.state), recordOf(root.mainModelData)].find((state) => 'entities' in recordOf(state.task));
}

export const isSuperProductivity = (content: unknown): boolean => stateOf(content) !== undefined;

const entitiesOf = (slice: unknown): Json => recordOf(recordOf(slice).entities);

/** A repeat configuration as a rule of iCalendar. Undefined if it has a cycle that is not known. */
function ruleOf(repeat: Json): string | undefined {
  const cycle = textOf(repeat.repeatCycle);
  if (!/^(DAILY|WEEKLY|MONTHLY|YEARLY)$/.test(cycle)) return undefined;
  const every = Number(repeat.repeatEvery ?? 1);
  const days = cycle === 'WEEKLY' ? DAYS.flatMap(([name, day]) => (repeat[name] === true ? [day] : [])) : [];
  return [`FREQ=${cycle}`, every > 1 ? `INTERVAL=${every}` : '', days.length > 0 ? `BYDAY=${days.join()}` : ''].filter(Boolean).join(';');
}

function readDates(draft: Draft, task: Json, reminders: Map<string, unknown>, { zone }: Context): void {
  const { values } = draft;
  const [day, time] = [textOf(task.dueDay), Number(task.dueWithTime ?? task.plannedAt ?? Number.NaN)];
  if (timestampOf(time) !== undefined) {
    const at = inZone(time, zone);
    Object.assign(values, { dueDate: at.date, dueTime: at.time, timeZone: zone });
    if (day !== '' && day !== at.date) keep(draft, 'Due', day, 'is another day than that of the time');
    const remind = Number(task.remindAt ?? reminders.get(textOf(task.reminderId)) ?? Number.NaN);
    if (Number.isFinite(remind)) values.reminders = [Math.round((time - remind) / 60_000)];
  } else {
    if (isDate(day)) values.dueDate = day;
    else keep(draft, 'Due', day, 'is not a date');
    if (Number.isFinite(time)) keep(draft, 'Due', time, 'is not a time');
  }
}

function readRepeat(draft: Draft, task: Json, configs: Json): void {
  const id = textOf(task.repeatCfgId);
  if (id === '') return;
  const repeat = recordOf(configs[id]);
  const rule = ruleOf(repeat);
  if (rule === undefined) keep(draft, 'Repeats', textOf(repeat.title) || id, 'has a cycle that is not known');
  else draft.values.recurrence = rule;
  if (rule !== undefined && repeat.repeatFromCompletionDate === true) draft.values.repeatFrom = 'completion';
}

function draftOf(task: Json, line: number, tags: Json): Draft {
  const project = textOf(task.projectId);
  const draft: Draft = {
    line,
    key: textOf(task.id) || undefined,
    source: textOf(task.id) || undefined,
    content: JSON.stringify(['super-productivity', task.title]),
    parent: textOf(task.parentId) || undefined,
    list: project === '' || /^INBOX/.test(project) ? undefined : project,
    values: { title: textOf(task.title), description: textOf(task.notes), labels: [] },
    kept: [],
  };
  const names = arrayOf(task.tagIds)
    .map(textOf)
    .filter((id) => id !== 'TODAY');
  draft.values.labels = names.flatMap((id) => textOf(recordOf(tags[id]).title) || []);
  for (const id of names) if (!(id in tags)) keep(draft, 'Tag', id, 'is not in the file');
  for (const each of arrayOf(task.attachments)) keep(draft, 'Link', recordOf(each).path, 'has no field');
  keep(draft, 'Issue', task.issueId, 'has no field');
  return draft;
}

/** The ids of all tasks of a slice. Ids without a task are told. */
function tasksOf(slice: unknown, what: string, source: Source): Json[] {
  const { ids } = recordOf(slice);
  const entities = entitiesOf(slice);
  const listed = arrayOf(ids).map(textOf);
  for (const id of listed)
    if (!(id in entities)) source.problems.push({ line: 0, message: `The file lists the task ${JSON.stringify(id)} in ${what} and does not hold it.` });
  return [...new Set([...listed, ...Object.keys(entities)])].flatMap((id) => (id in entities ? [recordOf(entities[id])] : []));
}

/** Reads a backup of Super Productivity, with its archives. */
export function readSuperProductivity(content: unknown, context: Context): Source {
  const source = createSource('super-productivity');
  const state = stateOf(content) ?? {};
  const [projects, tags, configs] = [entitiesOf(state.project), entitiesOf(state.tag), entitiesOf(state.taskRepeatCfg)];
  // Before it was a field of the task, a reminder was an item of its own.
  const reminders = new Map(arrayOf(state.reminders).map((reminder) => [textOf(recordOf(reminder).id), recordOf(reminder).remindAt]));
  const archives = [recordOf(state.archiveYoung).task ?? recordOf(state.taskArchive), recordOf(state.archiveOld).task];
  const all = [tasksOf(state.task, 'task', source), tasksOf(archives[0], 'archiveYoung', source), tasksOf(archives[1], 'archiveOld', source)].flat();
  const orders = new Map<string, number>();
  for (const project of Object.values(projects).map(recordOf)) {
    const key = textOf(project.id);
    if (/^INBOX/.test(key)) continue;
    const { primary } = recordOf(project.theme);
    source.lists.push({ key, source: key, name: project.title, color: primary, archivedAt: project.isArchived === true ? context.now : null });
    for (const id of [...arrayOf(project.taskIds), ...arrayOf(project.backlogTaskIds)]) orders.set(textOf(id), orders.size);
  }
  for (const task of all) for (const id of arrayOf(task.subTaskIds)) orders.set(textOf(id), orders.size);
  const ignored = new Set<string>();
  for (const [index, task] of all.entries()) {
    const line = index + 1;
    for (const name of othersOf(task, [...KNOWN, ...SILENT])) ignored.add(name);
    if (textOf(task.reminderId) !== '' && !reminders.has(textOf(task.reminderId))) ignored.add('reminderId');
    if (Number(task.timeSpent ?? 0) > 0) ignored.add('timeSpent');
    if (Number(task.timeEstimate ?? 0) > 0) ignored.add('timeEstimate');
    const draft = draftOf(task, line, tags);
    draft.order = draft.key === undefined ? undefined : orders.get(draft.key);
    readDates(draft, task, reminders, context);
    readRepeat(draft, task, configs);
    if (task.isDone === true) {
      const at = [task.doneOn, task.modified].find((time) => typeof time === 'number');
      draft.values.completedAt = timestampOf(at) ?? context.now;
      if (typeof task.doneOn !== 'number')
        source.notes.push({
          line,
          message: `The file does not say when it was completed; it is completed as of ${at === undefined ? 'the import' : 'its last change'}.`,
        });
    }
    source.drafts.push(draft);
  }
  if (arrayOf(recordOf(content).recentOps).length > 0)
    source.problems.push({ line: 0, message: 'The file is one of synchronization: its latest operations are not imported. Make a backup instead.' });
  source.ignored = [...ignored];
  return source;
}
