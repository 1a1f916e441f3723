/** What a row of an entity did. */
export const eventKinds = ['insert', 'update', 'delete'] as const;

/** What a change is called. A name is for ever: the log keeps it. */
export const eventActions = ['created', 'edited', 'completed', 'reopened', 'removed', 'restored'] as const;

export type EventAction = (typeof eventActions)[number];
