import { type FocusEvent, type KeyboardEvent, type RefObject, useEffect, useRef, useState } from 'react';

interface Rows {
  /** The ids of the rows that can be focused, in their order. */
  ids: string[];
  frame: RefObject<HTMLElement | null>;
  /** Brings a row into the page, if it is not there. */
  reveal: (id: string) => void;
}

const PAGE_ROWS = 10;
const rowIn = (frame: HTMLElement | null, id: string) => frame?.querySelector<HTMLElement>(`[data-task="${id}"]`);

/** Where a key leads from a row; undefined for any other key. */
function destination(key: string, at: number, last: number): number | undefined {
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + PAGE_ROWS, PageUp: at - PAGE_ROWS, Home: 0, End: last }[key];
  return to === undefined ? undefined : Math.min(last, Math.max(0, to));
}

/**
 * One row of the list takes part in the order of the tab key; arrow keys lead to the others. If the row that has the focus disappears, the one that comes in its
 * place gets it, and after the last one the frame, which says that there are none.
 */
export function useRowFocus({ ids, frame, reveal }: Rows) {
  const [active, setActive] = useState<string | null>(null);
  const place = useRef(0);
  const wanted = useRef<string | null>(null);
  const hadFocus = useRef(false);
  const at = active === null ? -1 : ids.indexOf(active);
  if (at >= 0) place.current = at;
  const current = at >= 0 ? active : (ids[Math.min(place.current, ids.length - 1)] ?? null);

  const focus = (id: string | undefined) => {
    if (id === undefined) return;
    setActive(id);
    reveal(id);
    wanted.current = id;
  };
  useEffect(() => {
    const lost = hadFocus.current && document.activeElement === document.body;
    const id = wanted.current ?? (lost ? current : null);
    const row = id === null ? (lost ? frame.current : null) : rowIn(frame.current, id);
    if (!row) return;
    wanted.current = null;
    row.focus({ preventScroll: true });
  });

  return {
    active: current,
    onFocus: ({ target }: FocusEvent<HTMLElement>) => {
      hadFocus.current = true;
      const id = target.closest<HTMLElement>('[data-task]')?.dataset.task;
      if (id !== undefined && id !== active) setActive(id);
    },
    onBlur: ({ relatedTarget }: FocusEvent<HTMLElement>) => {
      // Without a target the row may have been taken away.
      if (relatedTarget !== null) hadFocus.current = frame.current?.contains(relatedTarget) ?? false;
    },
    /** Follows the key, if it leads to another row. */
    onKey: ({ key }: KeyboardEvent, id: string): boolean => {
      const to = destination(key, ids.indexOf(id), ids.length - 1);
      if (to === undefined) return false;
      focus(ids[to]);
      return true;
    },
  };
}
