import { useEffect, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { Dialog } from 'react-aria-components/Dialog';
import { Modal, ModalOverlay } from 'react-aria-components/Modal';
import { AccountPage } from './account/account-page.tsx';
import { hrefOf, openTask, usePlace, type View } from './data/navigation.ts';
import { useActions, useLists } from './data/todo.ts';
import { Detail } from './detail/detail.tsx';
import { Help } from './help.tsx';
import { useKeptFocus } from './kept-focus.ts';
import { HistoryPage } from './pages/history.tsx';
import { TransferPage } from './pages/transfer.tsx';
import { TrashPage } from './pages/trash.tsx';
import { Icon } from './parts/icons.tsx';
import { Toaster } from './parts/toaster.tsx';
import { useShortcuts } from './shortcuts.ts';
import { Sidebar } from './sidebar/sidebar.tsx';
import { StateBadge } from './sidebar/state.tsx';
import { TaskView } from './tasks/task-view.tsx';
import { texts } from './texts.ts';

function useTitle(view: View): string {
  const lists = useLists();
  if (view.kind === 'list') return lists.get(view.name)?.name ?? texts.views.unknownList;
  return 'name' in view ? view.name || texts.views.search : texts.views[view.kind];
}

function Main({ view, title }: { view: View; title: string }) {
  switch (view.kind) {
    case 'history':
      return <HistoryPage />;
    case 'trash':
      return <TrashPage />;
    case 'account':
      return <AccountPage />;
    case 'transfer':
      return <TransferPage />;
    default:
      return <TaskView key={view.kind === 'search' ? 'search' : hrefOf(view)} view={view} title={title} />;
  }
}

export function Shell({ signOut }: { signOut: () => void }) {
  const { view, taskId } = usePlace();
  const actions = useActions();
  const title = useTitle(view);
  const [isNavigating, setIsNavigating] = useState(false);
  const [isHelping, setIsHelping] = useState(false);
  useShortcuts(actions, () => setIsHelping(true));
  useKeptFocus();

  const address = JSON.stringify(view);
  useEffect(() => {
    document.title = `${title} · ${texts.product}`;
  }, [title]);
  // The drawer closes whenever the view changes, and when a link leads to the view that is shown.
  useEffect(() => setIsNavigating(false), [address]);

  const sidebar = <Sidebar view={view} signOut={signOut} help={() => setIsHelping(true)} />;
  return (
    <div className={`shell ${taskId ? 'has-detail' : ''}`}>
      <button type="button" className="skip" onClick={focusTasks}>
        {texts.views.skip}
      </button>
      <div className="topbar">
        <Button className="icon-button" aria-label={texts.views.openMenu} onPress={() => setIsNavigating(true)}>
          <Icon name="menu" />
        </Button>
        <StateBadge isQuiet />
      </div>
      <div className="side">{sidebar}</div>
      <ModalOverlay className="overlay drawer-overlay" isDismissable isOpen={isNavigating} onOpenChange={setIsNavigating}>
        <Modal className="drawer">
          <Dialog aria-label={texts.views.main}>
            {/* biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/noStaticElementInteractions: a link that is opened by keyboard is clicked too */}
            <div className="drawer-content" onClick={({ target }) => target instanceof Element && target.closest('a') && setIsNavigating(false)}>
              {sidebar}
            </div>
          </Dialog>
        </Modal>
      </ModalOverlay>
      <main className="main">
        <Main view={view} title={title} />
      </main>
      {taskId && <Detail key={taskId} id={taskId} close={() => openTask(null)} />}
      <Help isOpen={isHelping} onClose={() => setIsHelping(false)} />
      <Toaster toasts={actions.toasts} />
    </div>
  );
}

function focusTasks(): void {
  document.querySelector<HTMLElement>('[data-task][tabindex="0"], [data-quick-add], main a, main button')?.focus();
}
