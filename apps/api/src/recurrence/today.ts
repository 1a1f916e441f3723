/** The calendar date in a time zone at an instant. Sweden writes dates as ISO-8601 does. */
export const dateIn = (timeZone: string, at: Date): string => new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short' }).format(at);
