import { useEffect, useId, useRef, useState } from 'react';
import { texts } from '../texts.ts';

/** A text that is being written. It is saved when its field is left; until it is touched it shows what is stored. */
export function useDraft(stored: string, save: (text: string) => void) {
  const [draft, setDraft] = useState<string | null>(null);
  const latest = useRef({ draft, stored, save });
  latest.current = { draft, stored, save };
  const commit = useRef(() => {
    const { draft: text, stored: before, save: send } = latest.current;
    if (text === null) return;
    latest.current.draft = null;
    setDraft(null);
    if (text !== before) send(text);
  }).current;
  // The pane may close while the text is being written.
  useEffect(() => commit, [commit]);
  return { value: draft ?? stored, change: setDraft, commit, discard: () => setDraft(null) };
}

interface DateProps {
  label: string;
  type: 'date' | 'time';
  value: string;
  save: (value: string | null) => void;
  min?: string | undefined;
}

/** The browser's own date field: localized, and with the picker that people know on their phone. */
export function DateField({ label, type, value, save }: DateProps) {
  const id = useId();
  const draft = useDraft(value, (text) => save(text || null));
  return (
    <div className="property">
      <label htmlFor={id}>{label}</label>
      <div className="property-value">
        <input
          id={id}
          type={type}
          max={type === 'date' ? '9999-12-31' : undefined}
          value={draft.value}
          data-empty={draft.value === '' || undefined}
          onChange={({ target }) => draft.change(target.value)}
          onBlur={draft.commit}
          onKeyDown={({ key }) => key === 'Enter' && draft.commit()}
        />
        {value && (
          <button type="button" className="clear" aria-label={texts.detail.clear(label)} onClick={() => save(null)}>
            ×
          </button>
        )}
      </div>
    </div>
  );
}

interface SelectProps<Value extends string> {
  label: string;
  value: Value;
  options: readonly (readonly [Value, string])[];
  save: (value: Value) => void;
}

export function SelectField<Value extends string>({ label, value, options, save }: SelectProps<Value>) {
  const id = useId();
  return (
    <div className="property">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        value={value}
        onChange={({ target }) => {
          const chosen = options[target.selectedIndex];
          if (chosen) save(chosen[0]);
        }}
      >
        {options.map(([name, text]) => (
          <option key={name} value={name}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}
