import type { List } from '@todo/client';
import { useId, useState } from 'react';
import { go } from '../data/navigation.ts';
import { useActions } from '../data/todo.ts';
import { Popup } from '../parts/dialog.tsx';
import { texts } from '../texts.ts';
import { ColorDot } from './list-nav.tsx';

interface Props {
  isOpen: boolean;
  onClose: () => void;
  /** The list to change; without it a new one. */
  list?: List | undefined;
}

export const ListDialog = ({ isOpen, onClose, list }: Props) => (
  <Popup title={list ? texts.lists.edit : texts.lists.add} isOpen={isOpen} onClose={onClose}>
    <ListForm list={list} onClose={onClose} />
  </Popup>
);

function ListForm({ list, onClose }: Omit<Props, 'isOpen'>) {
  const actions = useActions();
  const id = useId();
  const [name, setName] = useState(list?.name ?? '');
  const [color, setColor] = useState(list?.color ?? null);
  const colors: [string | null, string][] = [[null, texts.lists.noColor], ...Object.entries(texts.lists.colors)];
  if (color && !(color in texts.lists.colors)) colors.push([color, color]);

  const save = () => {
    const trimmed = name.trim();
    if (!trimmed) return;
    if (list) {
      if (trimmed !== list.name || color !== list.color) actions.editList(list, { name: trimmed, color });
    } else {
      const created = actions.addList({ name: trimmed, color });
      if (created) go({ kind: 'list', name: created });
    }
    onClose();
  };
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <div className="field">
        <label htmlFor={id}>{texts.lists.name}</label>
        <input
          id={id}
          value={name}
          maxLength={200}
          required
          // biome-ignore lint/a11y/noAutofocus: the dialog has been opened to write this
          autoFocus
          onFocus={({ target }) => target.select()}
          onChange={({ target }) => setName(target.value)}
        />
      </div>
      <fieldset className="colors">
        <legend>{texts.lists.color}</legend>
        {colors.map(([value, label]) => (
          <label key={label} title={label}>
            <input type="radio" name="color" checked={color === value} onChange={() => setColor(value)} />
            <ColorDot color={value} />
            <span className="hidden">{label}</span>
          </label>
        ))}
      </fieldset>
      <button type="submit" className="button primary">
        {list ? texts.lists.save : texts.lists.create}
      </button>
    </form>
  );
}
