import type { List } from '@todo/client';
import { useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { Menu, MenuItem, MenuTrigger } from 'react-aria-components/Menu';
import { Popover } from 'react-aria-components/Popover';
import { go, type View } from '../data/navigation.ts';
import { useActions, useTasks } from '../data/todo.ts';
import { Popup } from '../parts/dialog.tsx';
import { Icon } from '../parts/icons.tsx';
import { ListDialog } from '../sidebar/list-dialog.tsx';
import { texts } from '../texts.ts';

interface Choice {
  text: string;
  run: () => void;
}

const Options = ({ label, choices }: { label: string; choices: Choice[] }) => (
  <MenuTrigger>
    <Button className="icon-button" aria-label={label}>
      <Icon name="more" />
    </Button>
    <Popover className="popover" placement="bottom end">
      <Menu className="menu" aria-label={label}>
        {choices.map(({ text, run }) => (
          <MenuItem key={text} id={text} onAction={run}>
            {text}
          </MenuItem>
        ))}
      </Menu>
    </Popover>
  </MenuTrigger>
);

/** What can be done with the list or label that is shown. */
export function ViewMenu({ view, list }: { view: View; list: List | undefined }) {
  if (list) return <ListMenu list={list} />;
  return view.kind === 'label' ? <LabelMenu name={view.name} /> : null;
}

function ListMenu({ list }: { list: List }) {
  const actions = useActions();
  const [dialog, setDialog] = useState<'edit' | 'remove' | null>(null);
  const close = () => setDialog(null);
  const isArchived = list.archivedAt !== null;
  return (
    <>
      <Options
        label={texts.lists.menu(list.name)}
        choices={[
          { text: texts.lists.edit, run: () => setDialog('edit') },
          { text: isArchived ? texts.lists.unarchive : texts.lists.archive, run: () => actions.archive(list, !isArchived) },
          { text: texts.lists.remove, run: () => setDialog('remove') },
        ]}
      />
      <ListDialog isOpen={dialog === 'edit'} onClose={close} list={list} />
      <Popup title={texts.lists.removeTitle(list.name)} role="alertdialog" isOpen={dialog === 'remove'} onClose={close}>
        <RemoveList list={list} />
      </Popup>
    </>
  );
}

function RemoveList({ list }: { list: List }) {
  const actions = useActions();
  const open = [...useTasks().values()].filter(({ listId, completedAt }) => listId === list.id && completedAt === null).length;
  const remove = (tasks: 'inbox' | 'remove') => {
    actions.removeList(list, tasks);
    go({ kind: 'inbox' });
  };
  return (
    <div className="stack">
      <p>{texts.lists.removeText(open)}</p>
      <Button className="button" onPress={() => remove('inbox')}>
        {texts.lists.keepTasks}
      </Button>
      <Button className="button danger" onPress={() => remove('remove')}>
        {texts.lists.removeTasks}
      </Button>
    </div>
  );
}

function LabelMenu({ name }: { name: string }) {
  const actions = useActions();
  const [isRenaming, setIsRenaming] = useState(false);
  const [text, setText] = useState(name);
  return (
    <>
      <Options
        label={texts.labels.menu(name)}
        choices={[
          { text: texts.labels.rename, run: () => setIsRenaming(true) },
          { text: texts.labels.remove, run: () => actions.removeLabel(name) },
        ]}
      />
      <Popup title={texts.labels.rename} isOpen={isRenaming} onClose={() => setIsRenaming(false)}>
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            const to = text.trim();
            if (!to) return;
            setIsRenaming(false);
            if (to !== name) actions.renameLabel(name, to);
            go({ kind: 'label', name: to });
          }}
        >
          <label className="field">
            {texts.lists.name}
            {/* biome-ignore lint/a11y/noAutofocus: the dialog has been opened to write this */}
            <input value={text} maxLength={50} required autoFocus onChange={({ target }) => setText(target.value)} />
          </label>
          <button type="submit" className="button primary">
            {texts.lists.save}
          </button>
        </form>
      </Popup>
    </>
  );
}
