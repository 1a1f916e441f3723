import { useId, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { countsOf } from '../data/counts.ts';
import { useToday } from '../data/dates.ts';
import { hrefOf, type View } from '../data/navigation.ts';
import { orderedLists } from '../data/rows.ts';
import { useLists, useTasks } from '../data/todo.ts';
import { Icon, type IconName } from '../parts/icons.tsx';
import { texts } from '../texts.ts';
import { AccountMenu } from './account.tsx';
import { ListDialog } from './list-dialog.tsx';
import { ListNav } from './list-nav.tsx';
import { StateBadge } from './state.tsx';

interface LinkProps {
  to: View;
  view: View;
  icon: IconName;
  text: string;
  count?: number | undefined;
  isLate?: boolean;
}

const isSame = (a: View, b: View): boolean => a.kind === b.kind && ('name' in a ? a.name : '') === ('name' in b ? b.name : '');

const NavLink = ({ to, view, icon, text, count = 0, isLate = false }: LinkProps) => (
  <a className="nav-link" href={hrefOf(to)} aria-current={isSame(to, view) ? 'page' : undefined}>
    <Icon name={icon} />
    <span className="nav-text">{text}</span>
    {count > 0 && (
      <span className={`count ${isLate ? 'is-late' : ''}`}>
        {count.toLocaleString()}
        <span className="hidden"> {texts.views.open}</span>
      </span>
    )}
  </a>
);

export function Sidebar({ view, signOut, help }: { view: View; signOut: () => void; help: () => void }) {
  const tasks = useTasks();
  const lists = useLists();
  const today = useToday();
  const counts = countsOf({ tasks, lists, today });
  const id = useId();
  const [isAdding, setIsAdding] = useState(false);
  const all = orderedLists(lists);
  const [inUse, archived] = [all.filter(({ archivedAt }) => !archivedAt), all.filter(({ archivedAt }) => archivedAt)];
  const link = (kind: 'inbox' | 'today' | 'upcoming' | 'completed' | 'history' | 'trash' | 'transfer', count?: number, isLate = false) => (
    <NavLink to={{ kind }} view={view} icon={kind} text={texts.views[kind]} count={count} isLate={isLate} />
  );

  return (
    <div className="sidebar">
      <div className="sidebar-scroll">
        <AccountMenu signOut={signOut} help={help} />
        <nav aria-label={texts.views.main}>
          {link('inbox', counts.inbox)}
          {link('today', counts.today, counts.late > 0)}
          {link('upcoming')}
          <NavLink
            to={{ kind: 'search', name: '' }}
            view={view.kind === 'search' ? { kind: 'search', name: '' } : view}
            icon="search"
            text={texts.views.search}
          />
        </nav>
        <section aria-labelledby={`${id}-lists`}>
          <header className="nav-heading">
            <h2 id={`${id}-lists`}>{texts.views.lists}</h2>
            <Button className="icon-button small" aria-label={texts.lists.add} onPress={() => setIsAdding(true)}>
              <Icon name="plus" />
            </Button>
          </header>
          <ListNav lists={inUse} counts={counts.lists} view={view} />
        </section>
        {counts.labels.length > 0 && (
          <nav aria-labelledby={`${id}-labels`}>
            <header className="nav-heading">
              <h2 id={`${id}-labels`}>{texts.views.labels}</h2>
            </header>
            {counts.labels.map(({ name, open }) => (
              <NavLink key={name} to={{ kind: 'label', name }} view={view} icon="label" text={name} count={open} />
            ))}
          </nav>
        )}
        {archived.length > 0 && (
          <details className="archived">
            <summary>{texts.views.archived}</summary>
            {archived.map(({ id, name }) => (
              <NavLink key={id} to={{ kind: 'list', name: id }} view={view} icon="archive" text={name} />
            ))}
          </details>
        )}
        <nav aria-label={texts.views.more} className="nav-more">
          {link('completed')}
          {link('history')}
          {link('trash')}
          {link('transfer')}
        </nav>
      </div>
      <StateBadge />
      <ListDialog isOpen={isAdding} onClose={() => setIsAdding(false)} />
    </div>
  );
}
