import { TodoError } from '@todo/client';
import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { texts } from '../texts.ts';

const PAGE_ITEMS = 50;

interface Loaded<Item> {
  items: Item[];
  next: string | null;
  isLoading: boolean;
  error: TodoError | null;
}

interface PageOf<Item> {
  items: Item[];
  nextCursor: string | null;
}

/** A list that the server hands out in pages. With `list`, whose items take the focus, the focus goes to the first item of a page that was asked for. */
export function usePages<Item>(
  read: (page: { limit: number; cursor?: string }) => Promise<PageOf<Item>>,
  { limit = PAGE_ITEMS, list }: { limit?: number; list?: RefObject<HTMLElement | null> } = {},
) {
  const [loaded, setLoaded] = useState<Loaded<Item>>({ items: [], next: null, isLoading: true, error: null });
  const wanted = useRef<number>(undefined);
  const loads = useRef(0);
  const load = useCallback(
    async (cursor?: string) => {
      loads.current += 1;
      const mine = loads.current;
      setLoaded((before) => ({ ...before, isLoading: true, error: null }));
      try {
        const { items, nextCursor } = await read({ limit, ...(cursor && { cursor }) });
        // The list was begun anew meanwhile.
        if (mine !== loads.current) return;
        setLoaded((before) => ({ items: cursor ? [...before.items, ...items] : items, next: nextCursor, isLoading: false, error: null }));
      } catch (error) {
        if (!(error instanceof TodoError)) throw error;
        if (mine === loads.current) setLoaded((before) => ({ ...before, isLoading: false, error }));
      }
    },
    [read, limit],
  );
  useEffect(() => {
    wanted.current = undefined;
    void load();
  }, [load]);
  useEffect(() => {
    const item = wanted.current === undefined ? undefined : list?.current?.children[wanted.current];
    if (!(item instanceof HTMLElement)) return;
    wanted.current = undefined;
    item.focus();
  }, [list, loaded.items]);
  const { items, next } = loaded;
  const more = () => {
    if (next === null) return;
    wanted.current = items.length;
    void load(next);
  };
  return { ...loaded, more: next === null ? undefined : more };
}

interface PageEndProps {
  isLoading: boolean;
  error: TodoError | null;
  more: (() => void) | undefined;
  empty: string | null;
}

/** What stands below a list in pages. */
export const PageEnd = ({ isLoading, error, more, empty }: PageEndProps) => (
  <>
    {error && <p role="alert">{texts.reasons[error.reason] ?? error.message}</p>}
    {/* It stays while it loads, so that it keeps the focus. */}
    {more && (
      <Button className="button" isPending={isLoading} onPress={more}>
        {isLoading ? texts.pages.loading : texts.pages.older}
      </Button>
    )}
    {isLoading && !more && <p className="muted">{texts.pages.loading}</p>}
    {!isLoading && !error && !more && empty !== null && <p className="muted">{empty}</p>}
  </>
);
