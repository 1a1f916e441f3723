/** What joins replicas that share a storage, such as those in the tabs of a browser. */
export interface Sharing {
  /** Does the work when no other replica of this name does it any more, and not at all if the signal is aborted before. The lock is held until the work is over. */
  lock(name: string, signal: AbortSignal, work: () => Promise<void>): void;
  /** Sends messages, which structured clone can copy, to the others of this name, and receives theirs. */
  channel(name: string, receive: (message: unknown) => void): Channel;
}

export interface Channel {
  post(message: unknown): void;
  close(): void;
}

/** Web Locks, which the compiler knows in browsers only. */
declare const navigator: undefined | { locks?: { request(name: string, options: { signal: AbortSignal }, work: () => Promise<void>): Promise<void> } };

/** By Web Locks and BroadcastChannel. Undefined where they are missing: then each replica works for itself. */
export function browserSharing(): Sharing | undefined {
  const locks = typeof navigator === 'undefined' ? undefined : navigator.locks;
  if (!locks || typeof BroadcastChannel === 'undefined') return undefined;
  return {
    lock: (name, signal, work) => {
      let isGranted = false;
      const granted = () => {
        isGranted = true;
        return work();
      };
      // A page may be forbidden to lock.
      locks.request(name, { signal }, granted).catch(() => (isGranted || signal.aborted ? undefined : work()));
    },
    channel: (name, receive) => {
      const channel = new BroadcastChannel(name);
      channel.onmessage = ({ data }) => receive(data);
      // Otherwise Node would wait for messages instead of exiting.
      if ('unref' in channel && typeof channel.unref === 'function') channel.unref();
      return { post: (message) => channel.postMessage(message), close: () => channel.close() };
    },
  };
}
