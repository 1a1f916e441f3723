import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from '../../build/build.ts';

const home = join(import.meta.dirname, '..', '..');
const documents = join(home, '..', '..', 'docs', 'recipes');

export const recipes = readdirSync(documents).map((file) => file.replace(/\.md$/, ''));
export const readRecipe = (recipe: string) => readFileSync(join(documents, `${recipe}.md`), 'utf8');

export interface RecipeFolder extends Disposable {
  folder: string;
  /** Writes a file into it. */
  put(path: string, text: string): void;
}

/** A folder outside the workspace with the built package, its dependencies, and the files of all recipes. */
export async function writeRecipes(serverUrl: string): Promise<RecipeFolder> {
  const folder = mkdtempSync(join(tmpdir(), 'todo-recipes-'));
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  mkdirSync(join(folder, 'node_modules', '@todo'), { recursive: true });
  for (const name of readdirSync(join(home, 'node_modules')).filter((name) => !name.startsWith('.') && name !== '@todo'))
    symlinkSync(join(home, 'node_modules', name), join(folder, 'node_modules', name));
  await build(join(folder, 'node_modules', '@todo', 'client'));
  put('package.json', JSON.stringify({ type: 'module' }));
  for (const recipe of recipes) {
    for (const [, file = '', text = ''] of readRecipe(recipe).matchAll(/```tsx?\n\/\/ (\S+)\n([\s\S]*?)```/g))
      put(join(recipe, file), `${text.replaceAll('http://localhost:3000', serverUrl)}\nexport {};\n`);
  }
  return { folder, put, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}
