import { useEffect } from 'react';
import type { Actions } from './data/actions.ts';
import { go, openTask, type View } from './data/navigation.ts';

const CHORD_MS = 1_200;

const places: Record<string, View> = {
  i: { kind: 'inbox' },
  t: { kind: 'today' },
  u: { kind: 'upcoming' },
  c: { kind: 'completed' },
  h: { kind: 'history' },
};

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
const isInDialog = (target: EventTarget | null) => target instanceof Element && target.closest('[role=dialog],[role=alertdialog],[role=menu]') !== null;

const OFF_KEY = 'todo keys off';

/** Whether single keys are shortcuts. Speech input and some keyboards press them by accident. */
export const keysAreOn = (): boolean => localStorage.getItem(OFF_KEY) === null;

export function turnKeys(isOn: boolean): void {
  if (isOn) localStorage.removeItem(OFF_KEY);
  else localStorage.setItem(OFF_KEY, 'off');
}

const focusField = (selector: string) => {
  const field = document.querySelector<HTMLInputElement>(selector);
  field?.focus();
  field?.select();
};

/** The keys that work anywhere on the page; those of a list are in tasks/keys.ts. */
export function useShortcuts(actions: Actions, help: () => void): void {
  useEffect(() => {
    let goesUntil = 0;
    const onKey = (event: KeyboardEvent) => {
      const { key, target } = event;
      if (event.defaultPrevented || isInDialog(target)) return;
      const isCommand = event.ctrlKey || event.metaKey;
      if (isCommand && key.toLowerCase() === 'z' && !isTyping(target)) {
        event.preventDefault();
        return event.shiftKey ? actions.redo() : actions.undo();
      }
      if (key === 'Escape' && !isTyping(target)) return openTask(null);
      if (isCommand || event.altKey || isTyping(target) || !keysAreOn()) return;
      const place = performance.now() < goesUntil ? places[key] : undefined;
      goesUntil = key === 'g' ? performance.now() + CHORD_MS : 0;
      const run = place ? () => go(place) : { n: () => focusField('[data-quick-add]'), '/': () => goSearch(), '?': help }[key];
      if (!run) return;
      event.preventDefault();
      run();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [actions, help]);
}

function goSearch(): void {
  if (!document.querySelector('[data-search]')) go({ kind: 'search', name: '' });
  requestAnimationFrame(() => focusField('[data-search]'));
}
