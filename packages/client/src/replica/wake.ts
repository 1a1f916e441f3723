const targetNamed = (name: string): EventTarget | undefined => {
  const value: unknown = Reflect.get(globalThis, name);
  return value instanceof EventTarget ? value : undefined;
};

/** Calls the listener when the network has gone or has come back, and when the page is shown again. Does nothing where there are no such events. Returns a function that ends it. */
export function onWake(listener: (cause: 'offline' | 'online' | 'page') => void): () => void {
  const [scope, page] = [targetNamed('self'), targetNamed('document')];
  const offline = () => listener('offline');
  const online = () => listener('online');
  const shown = () => {
    if (page && Reflect.get(page, 'visibilityState') === 'visible') listener('page');
  };
  scope?.addEventListener('offline', offline);
  scope?.addEventListener('online', online);
  page?.addEventListener('visibilitychange', shown);
  return () => {
    scope?.removeEventListener('offline', offline);
    scope?.removeEventListener('online', online);
    page?.removeEventListener('visibilitychange', shown);
  };
}
