import { readFile } from 'node:fs/promises';
import { PASSWORD_MIN_CHARACTERS } from '@todo/contract';

/** Whose password it is to be. */
export interface Person {
  email: string;
  name: string;
}

/** Whether attackers try a password first: it is one of the commonest, or made of the person's own name or e-mail address, or the product's. */
export type IsCommon = (password: string, person: Person) => boolean;

const folded = (text: string) => text.normalize('NFKC').toLowerCase();
/** Without what is put around a word to make it longer. */
const bare = (text: string) =>
  folded(text)
    .replace(/[^\p{L}\p{N}]/gu, '')
    .replace(/^\p{N}+|\p{N}+$/gu, '');

/** Reads the file of the package, because the package's own module keeps all its lists in memory. */
export async function loadCommonPasswords(): Promise<IsCommon> {
  const file = new URL(import.meta.resolve('@zxcvbn-ts/language-common/src/passwords.json'));
  const entries: string[] = JSON.parse(await readFile(file, 'utf8'));
  // One text takes a fraction of the memory of a set.
  const all = `\n${entries
    .filter((entry) => entry.length >= PASSWORD_MIN_CHARACTERS)
    .map(folded)
    .join('\n')}\n`;

  return (password, { email, name }) => {
    if (all.includes(`\n${folded(password)}\n`)) return true;
    const word = bare(password);
    const own = ['todo', email, email.split('@', 1).join(), name, ...name.split(/\s+/)].map(bare);
    return word !== '' && own.includes(word);
  };
}
