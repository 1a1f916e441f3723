export const eventKinds = ['insert', 'update', 'delete'] as const;

/** The action of a change. Names are permanent, because the log keeps them. */
export const eventActions = ['created', 'edited', 'completed', 'skipped', 'reopened', 'moved', 'removed', 'restored'] as const;

export type EventAction = (typeof eventActions)[number];
