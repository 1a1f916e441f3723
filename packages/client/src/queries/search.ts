import type { Task } from '@todo/contract';

/** The form in which search compares text, as on the server: without accents and invisible characters, regardless of case. */
const folded = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f\p{Default_Ignorable_Code_Point}]|(?!\s)[\p{Cc}\p{Cf}]/gu, '')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll('ς', 'σ')
    .replaceAll('ı', 'i');

/** By task, because a search compares all of them at each letter that is typed. */
const foldedTexts = new WeakMap<Task, string>();

function textOf(task: Task): string {
  const known = foldedTexts.get(task) ?? folded(`${task.title}\n${task.description}`);
  foldedTexts.set(task, known);
  return known;
}

/** Whether a task has every word of a text in its title or description. */
export function createSearch(text: string): (task: Task) => boolean {
  const words = folded(text)
    .split(/[\s\u0085\u2800]+/)
    .filter((word) => word !== '');
  return (task) => words.every((word) => textOf(task).includes(word));
}
