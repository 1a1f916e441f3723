import { useSyncExternalStore } from 'react';

export interface Toast {
  text: string;
  isError?: boolean;
  action?: { label: string; run: () => void } | undefined;
}

const SHOWN_MS = 7_000;

/** One message at a time, at the foot of the page. */
export interface Toasts {
  show(toast: Toast): void;
  hide(): void;
  /** While it is pointed at or focused it stays. */
  hold(): void;
  release(): void;
  subscribe(listener: () => void): () => void;
  current(): Toast | null;
}

export function createToasts(): Toasts {
  const listeners = new Set<() => void>();
  let shown: Toast | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const set = (next: Toast | null) => {
    shown = next;
    for (const listener of listeners) listener();
  };
  const hide = () => {
    clearTimeout(timer);
    set(null);
  };
  const release = () => {
    clearTimeout(timer);
    timer = setTimeout(hide, SHOWN_MS);
  };
  return {
    show: (toast) => {
      set(toast);
      release();
    },
    hide,
    hold: () => clearTimeout(timer),
    release,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    current: () => shown,
  };
}

export const useToast = ({ subscribe, current }: Toasts): Toast | null => useSyncExternalStore(subscribe, current);
