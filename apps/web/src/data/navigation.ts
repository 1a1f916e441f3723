import { useSyncExternalStore } from 'react';

export type View =
  | { kind: 'inbox' | 'today' | 'upcoming' | 'completed' | 'history' | 'trash' | 'transfer' | 'account' }
  | { kind: 'list' | 'label' | 'search'; name: string };

/** What the address shows: a view, and beside it a task. */
export interface Place {
  view: View;
  taskId: string | null;
  link: Link | null;
}

const linkKinds = ['reset-password', 'invitation', 'verify-email', 'change-email', 'sign-in'] as const;

/** A link that was sent to somebody: what it is for, and for which address if that is known. */
export interface Link {
  kind: (typeof linkKinds)[number];
  token: string;
  email: string;
}

const simple = ['inbox', 'today', 'upcoming', 'completed', 'history', 'trash', 'transfer', 'account'] as const;
const named = ['list', 'label', 'search'] as const;

/** An address may be typed, or come from elsewhere: what cannot be decoded is meant as it is. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function readPlace(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const [first = '', ...rest] = path.split('/').map(decoded);
  const asked = new URLSearchParams(query);
  const taskId = asked.get('task');
  const linkKind = linkKinds.find((kind) => kind === first);
  const token = asked.get('token');
  const link = linkKind && token !== null ? { kind: linkKind, token, email: asked.get('email') ?? '' } : null;
  const withName = named.find((kind) => kind === first);
  if (withName) return { view: { kind: withName, name: rest.join('/') }, taskId, link };
  return { view: { kind: simple.find((kind) => kind === first) ?? 'inbox' }, taskId, link };
}

export function hrefOf(view: View, taskId: string | null = null): string {
  const path = 'name' in view ? `${view.kind}/${encodeURIComponent(view.name)}` : view.kind;
  return `#/${path}${taskId ? `?task=${taskId}` : ''}`;
}

let latest: { hash: string; place: Place } | undefined;
const current = (): Place => {
  if (latest?.hash !== location.hash) latest = { hash: location.hash, place: readPlace(location.hash) };
  return latest.place;
};
const subscribe = (listener: () => void) => {
  addEventListener('hashchange', listener);
  return () => removeEventListener('hashchange', listener);
};

export const usePlace = (): Place => useSyncExternalStore(subscribe, current);

/** With `replace` the back button skips what was shown before. */
export function go(view: View, taskId: string | null = null, { replace = false } = {}): void {
  const href = hrefOf(view, taskId);
  if (href === location.hash) return;
  if (!replace) location.hash = href;
  else {
    history.replaceState(null, '', href);
    dispatchEvent(new HashChangeEvent('hashchange'));
  }
}

export const openTask = (taskId: string | null): void => go(current().view, taskId, { replace: taskId !== null && current().taskId !== null });
