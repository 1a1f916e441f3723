/** PostgreSQL stores neither NUL nor unpaired surrogates. */
export const isStorable = (text: string) => text.isWellFormed() && !text.includes('\0');

export const hasAtMost = (codePoints: number) => (text: string) => text.length <= codePoints || [...text].length <= codePoints;

/** White space, control and format characters, marks without a base, fillers and the blank Braille pattern print nothing. */
const invisible = /^[\s\p{C}\p{M}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]*$/u;

export const isVisible = (text: string) => !invisible.test(text);
