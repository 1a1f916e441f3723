/** The other tabs of this browser, and other clients of this process. */
export interface Tabs {
  /** Tells them that somebody has signed in or out. */
  announce(): void;
  /** Calls the listener when one of them announces it. Returns a function that stops listening. */
  listen(listener: () => void): () => void;
}

/** Uses a BroadcastChannel where there is one, open only while something listens. What it carries proves nothing: a listener asks who is signed in. */
export function createTabs(name: string): Tabs {
  const listeners = new Set<() => void>();
  let channel: ReturnType<typeof open>;

  const open = () => {
    if (typeof BroadcastChannel === 'undefined') return undefined;
    const opened = new BroadcastChannel(name);
    opened.onmessage = () => {
      for (const listener of listeners) listener();
    };
    // Otherwise Node would wait for messages instead of exiting.
    if ('unref' in opened && typeof opened.unref === 'function') opened.unref();
    return opened;
  };
  const closeIfUnused = () => {
    if (listeners.size > 0) return;
    channel?.close();
    channel = undefined;
  };

  return {
    announce: () => {
      channel ??= open();
      channel?.postMessage(null);
      closeIfUnused();
    },
    listen: (listener) => {
      const own = () => listener();
      listeners.add(own);
      channel ??= open();
      return () => {
        listeners.delete(own);
        closeIfUnused();
      };
    },
  };
}
