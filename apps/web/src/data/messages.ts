import type { TodoError } from '@todo/client';
import { texts } from '../texts.ts';

/** `dueDate` as people say it. */
export const fieldName = (name: string): string => name.replace(/Id$/, '').replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** What an error says to a person at this page: of a refused input, which field is wrong. */
export function messageOf({ reason, fields, message }: TodoError): string {
  const [[field, [what] = []] = ['', []]] = Object.entries(fields);
  return texts.reasons[reason] ?? (field && what ? texts.wrongField(fieldName(field), what) : message);
}
