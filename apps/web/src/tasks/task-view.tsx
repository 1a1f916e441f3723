import { useCallback, useEffect, useMemo, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { longDate, useToday } from '../data/dates.ts';
import { go, type View } from '../data/navigation.ts';
import { completedIn, type Everything, type Group, groupsOf } from '../data/rows.ts';
import { useLists, useSyncState, useTasks } from '../data/todo.ts';
import { ColorDot } from '../sidebar/list-nav.tsx';
import { texts } from '../texts.ts';
import { QuickAdd } from './quick-add.tsx';
import { TaskList } from './task-list.tsx';
import { ViewMenu } from './view-menu.tsx';

const SEARCH_PAUSE_MS = 200;
function useGroups(view: View, collapsed: ReadonlySet<string>, isCompletedShown: boolean): { groups: Group[]; completed: number; total: number } {
  const tasks = useTasks();
  const lists = useLists();
  const today = useToday();
  const all = useMemo((): Everything => ({ tasks, lists, today, collapsed }), [tasks, lists, today, collapsed]);
  return useMemo(() => {
    const groups = groupsOf(view, all);
    const total = groups.reduce((sum, { rows }) => sum + rows.length, 0);
    if (view.kind !== 'inbox' && view.kind !== 'list') return { groups, completed: 0, total };
    const listId = view.kind === 'list' ? view.name : null;
    const rows = completedIn(listId, all);
    const shown = isCompletedShown && rows.length ? [...groups, { id: 'done', title: texts.views.completed, rows }] : groups;
    return { groups: shown, completed: rows.length, total };
  }, [view, all, isCompletedShown]);
}

function emptyOf(view: View, isLoading: boolean): [title: string, text: string] {
  const { loading, searching, ...others }: Record<string, [string, string]> & Record<'loading' | 'searching', [string, string]> = texts.tasks.empty;
  if (isLoading) return loading;
  return (view.kind === 'search' && view.name === '' ? searching : others[view.kind]) ?? searching;
}

function SearchField({ text }: { text: string }) {
  const [value, setValue] = useState(text);
  useEffect(() => {
    if (value === text) return;
    const timer = setTimeout(() => go({ kind: 'search', name: value }, null, { replace: true }), SEARCH_PAUSE_MS);
    return () => clearTimeout(timer);
  }, [value, text]);
  return (
    <input
      data-search
      className="search-field"
      type="search"
      aria-label={texts.views.search}
      placeholder={texts.views.search}
      value={value}
      // biome-ignore lint/a11y/noAutofocus: this view is opened to search
      autoFocus
      onChange={(event) => setValue(event.target.value)}
    />
  );
}

export function TaskView({ view, title }: { view: View; title: string }) {
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set());
  const [isCompletedShown, setIsCompletedShown] = useState(false);
  const { groups, completed, total } = useGroups(view, collapsed, isCompletedShown);
  const { state } = useSyncState();
  const today = useToday();
  const lists = useLists();
  const list = view.kind === 'list' ? lists.get(view.name) : undefined;
  const isSearch = view.kind === 'search';

  const toggle = useCallback(
    (id: string) =>
      setCollapsed((before) => {
        const next = new Set(before);
        if (!next.delete(id)) next.add(id);
        return next;
      }),
    [],
  );
  const note = view.kind === 'today' ? longDate(today) : total > 0 && (!isSearch || view.name) ? texts.views.count(total) : '';
  return (
    <div className="view">
      <header className="view-head">
        <div className="view-title">
          {list && <ColorDot color={list.color} />}
          <h1>{isSearch ? texts.views.search : title}</h1>
          <ViewMenu view={view} list={list} />
        </div>
        <p className="muted view-note">
          {list?.archivedAt ? texts.lists.isArchived : note}
          {completed > 0 && (
            <Button className="link small" onPress={() => setIsCompletedShown(!isCompletedShown)}>
              {isCompletedShown ? texts.lists.hideCompleted : texts.lists.showCompleted(completed)}
            </Button>
          )}
        </p>
        {isSearch && <SearchField text={view.name} />}
        {!isSearch && (list || view.kind !== 'list') && <QuickAdd view={view} title={title} today={today} />}
      </header>
      <TaskList view={view} title={title} groups={groups} toggle={toggle} today={today} empty={emptyOf(view, state === 'loading')} />
    </div>
  );
}
