import { type Context, createSource, type Draft, keep, type Source } from '../drafts/draft.ts';
import { type Due, dueOf, instantOf, inZone, minutesBefore, readDateTime, timestampOf } from '../parsing/date-time.ts';
import { htmlToText, isHtml } from '../parsing/html.ts';
import { arrayOf, othersOf, recordOf, textOf } from '../parsing/json.ts';

const KNOWN =
  'id title description done done_at due_date reminders reminder_dates project_id list_id repeat_after repeat_mode priority start_date end_date labels percent_done related_tasks attachments is_favorite comments position'.split(
    ' ',
  );
const SILENT = 'identifier index created updated created_by bucket_id kanban_position cover_image_attachment_id reactions subscription buckets'.split(' ');
/** 4 is "urgent" and 5 "do now". */
const priorities = ['none', 'low', 'medium', 'high', 'high', 'high'];

type Json = Record<string, unknown>;

/** Whether this is data.json of an export: projects with their tasks. */
export const isVikunja = (content: unknown): boolean =>
  arrayOf(content).some((item) => {
    const project = recordOf(item);
    return (
      'title' in project &&
      ('parent_project_id' in project || 'hex_color' in project || 'buckets' in project || 'is_archived' in project) &&
      !('done' in project)
    );
  });

/** 0001-01-01T00:00:00Z stands for no time. */
const readTime = (value: unknown) => (/^0001-/.test(textOf(value)) ? undefined : readDateTime(textOf(value)));

/** Mode 1 repeats monthly, mode 2 from the completion. */
function readRepeat(draft: Draft, task: Json): void {
  const [seconds, mode] = [Number(task.repeat_after ?? 0), Number(task.repeat_mode ?? 0)];
  if (mode === 2) draft.values.repeatFrom = 'completion';
  if (mode === 1) draft.values.recurrence = 'FREQ=MONTHLY';
  else if (seconds > 0 && seconds % 86_400 === 0) draft.values.recurrence = seconds === 86_400 ? 'FREQ=DAILY' : `FREQ=DAILY;INTERVAL=${seconds / 86_400}`;
  else if (seconds > 0) keep(draft, 'Repeats', `every ${seconds / 60} minutes`, 'is no number of days');
  if (draft.values.recurrence === undefined) delete draft.values.repeatFrom;
}

function readDates(draft: Draft, task: Json, { zone }: Context): void {
  const [due, start, end] = [readTime(task.due_date), readTime(task.start_date), readTime(task.end_date)];
  const dueAt: Due | undefined = due && dueOf(due, zone);
  Object.assign(draft.values, dueAt);
  const local = (instant: number) => {
    const { date, time } = inZone(instant, zone);
    return `${date} ${time}`;
  };
  if (start) {
    const { date, time } = inZone(instantOf(start, zone), zone);
    draft.values.startDate = date;
    if (time !== '00:00') keep(draft, 'Start time', time, 'has no field');
  }
  if (end) keep(draft, 'End', local(instantOf(end, zone)), 'has no field');
  const minutes: number[] = [];
  for (const each of [...arrayOf(task.reminders), ...arrayOf(task.reminder_dates)]) {
    const at = readTime(typeof each === 'object' ? recordOf(each).reminder : each);
    if (!at) continue;
    const before = dueAt ? minutesBefore(instantOf(at, zone), dueAt, zone) : -1;
    if (before >= 0) minutes.push(before);
    else keep(draft, 'Reminder', local(instantOf(at, zone)), 'is not before the time when the task is due');
  }
  draft.values.reminders = minutes;
}

function draftOf(task: Json, line: number, list: string): Draft {
  const id = textOf(task.id);
  const description = textOf(task.description);
  const draft: Draft = {
    line,
    key: id || undefined,
    // Ids are small numbers of one server, so the time of creation is part of the source.
    source: id === '' ? undefined : `${id} ${textOf(task.created)}`,
    content: JSON.stringify(['vikunja', list, task.title]),
    list,
    order: typeof task.position === 'number' && task.position !== 0 ? task.position : undefined,
    values: {
      title: textOf(task.title),
      description: isHtml(description) ? htmlToText(description) : description,
      labels: arrayOf(task.labels).map((label) => textOf(recordOf(label).title)),
      priority: priorities[Number(task.priority ?? 0)] ?? 'none',
    },
    kept: [],
  };
  if (Number(task.priority) > 3) keep(draft, 'Priority', Number(task.priority) === 4 ? 'urgent' : 'do now', 'is above high');
  const percent = Number(task.percent_done ?? 0);
  if (percent > 0 && percent < 1) keep(draft, 'Progress', `${Math.round(percent * 100)} %`, 'has no field');
  for (const comment of arrayOf(task.comments)) keep(draft, 'Comment', htmlToText(textOf(recordOf(comment).comment)), 'has no field');
  for (const { file } of arrayOf(task.attachments).map(recordOf)) keep(draft, 'Attachment', recordOf(file).name, 'is not imported');
  if (task.is_favorite === true) keep(draft, 'Favorite', 'yes', 'has no field');
  return draft;
}

function readStatus(draft: Draft, task: Json, context: Context, source: Source): void {
  if (task.done !== true) return;
  const [done, updated] = [readTime(task.done_at), readTime(task.updated)];
  const at = done ?? updated;
  draft.values.completedAt = timestampOf(at && instantOf(at, 'UTC')) ?? context.now;
  if (!done)
    source.notes.push({
      line: draft.line,
      message: `The file does not say when it was completed; it is completed as of ${updated ? 'its last change' : 'the import'}.`,
    });
}

/** The parents of subtasks. A relation may stand at one of its ends alone. */
function connect(drafts: Map<string, { draft: Draft; task: Json }>): void {
  for (const [id, { draft, task }] of drafts) {
    for (const [kind, related] of Object.entries(recordOf(task.related_tasks))) {
      for (const other of arrayOf(related).map(recordOf)) {
        const [key, there] = [textOf(other.id), drafts.get(textOf(other.id))];
        if (kind === 'subtask' && there) there.draft.parent ??= id;
        else if (kind === 'parenttask') draft.parent ??= key;
        else keep(draft, `Related (${kind})`, textOf(there?.task.title ?? other.title) || `task ${key}`, there ? 'has no field' : 'is not in the file');
      }
    }
  }
}

/** Before version 0.21, projects (and lists, as they were called first) stood in namespaces. */
function projectsIn(item: Json): Json[] {
  const within = item.projects ?? item.lists;
  return Array.isArray(within) ? within.map((project) => ({ ...recordOf(project), namespace: item.title })) : [item];
}

/** Reads data.json of an export of Vikunja. A project below another is named after both. */
export function readVikunja(content: unknown, context: Context): Source {
  const source = createSource('vikunja');
  const projects = arrayOf(content).map(recordOf).flatMap(projectsIn);
  const byId = new Map(projects.map((project) => [textOf(project.id), project]));
  const ignored = new Set<string>();
  const tasks = new Map<string, { draft: Draft; task: Json }>();
  const nameOf = (project: Json, below: Json[] = []): string => {
    const parent = byId.get(textOf(project.parent_project_id));
    const title = [textOf(project.namespace).trim(), textOf(project.title).trim()].filter(Boolean).join(' / ');
    return parent && !below.includes(parent) ? `${nameOf(parent, [...below, project])} / ${title}` : title;
  };
  let line = 0;
  for (const project of projects) {
    const key = textOf(project.id);
    const color = textOf(project.hex_color).replace('#', '');
    const archived = readTime(project.updated) ?? readTime(project.created);
    const archivedAt = project.is_archived === true ? (timestampOf(archived && instantOf(archived, 'UTC')) ?? context.now) : null;
    source.lists.push({ key, source: `${key} ${textOf(project.created)}`, name: nameOf(project), color: color && `#${color}`, archivedAt });
    if (textOf(project.description).trim() !== '') ignored.add('description of a project');
    for (const item of arrayOf(project.tasks)) {
      line += 1;
      const task = recordOf(item);
      for (const name of othersOf(task, [...KNOWN, ...SILENT])) ignored.add(name);
      if (Number(task.bucket_id ?? 0) !== 0) ignored.add('bucket_id');
      const draft = draftOf(task, line, key);
      readDates(draft, task, context);
      readRepeat(draft, task);
      readStatus(draft, task, context, source);
      source.drafts.push(draft);
      if (draft.key !== undefined && !tasks.has(draft.key)) tasks.set(draft.key, { draft, task });
    }
  }
  connect(tasks);
  source.ignored = [...ignored];
  return source;
}
