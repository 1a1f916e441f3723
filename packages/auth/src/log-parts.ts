const LOG_PART_MAX_CHARACTERS = 200;

/** One line for the log: no line breaks, control characters or escape codes, and cut. */
export const logPart = (text: string) =>
  text.slice(0, LOG_PART_MAX_CHARACTERS).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Class and code of an error, without the message, which may contain statements and e-mail addresses. */
export function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if (error.cause instanceof Error) return kindOf(error.cause);
  return ` ${error.name}${'code' in error ? ` ${String(error.code)}` : ''}`;
}
