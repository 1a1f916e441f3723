import { v5 as uuidv5 } from 'uuid';
import type { Draft, TaskFileKind } from './draft.ts';

/** The namespace of derived ids. If it changed, files that were imported before would be imported again. */
const NAMESPACE = '6f3c1f0e-54a5-4d0b-9c8e-0d1b7a2f6c11';

/** From texts in NFC, so that the Unicode form in which a file was saved makes no difference. */
export const derivedId = (...parts: string[]): string => uuidv5(JSON.stringify(parts.map((part) => part.normalize('NFC'))), NAMESPACE);

/** Gives each draft of a file its id. Drafts of equal content are numbered as they are taken. */
export function createIds(kind: TaskFileKind): { idOf(draft: Draft): unknown; take(draft: Draft): void } {
  const seen = new Map<string, number>();
  const contentOf = ({ content = '' }: Draft) => content.normalize('NFC');
  return {
    idOf(draft) {
      if (draft.id !== undefined) return draft.id;
      if (draft.source !== undefined) return derivedId(kind, draft.source);
      const content = contentOf(draft);
      // Ids of files that were imported before depend on the form of this text, so it must not change.
      return uuidv5(`${seen.get(content) ?? 0} ${content}`, NAMESPACE);
    },
    take(draft) {
      const content = contentOf(draft);
      seen.set(content, (seen.get(content) ?? 0) + 1);
    },
  };
}
