import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import { z } from 'zod';

/** The repository. */
export const root = join(import.meta.dirname, '..', '..', '..', '..');

const versions = z.record(z.string(), z.string()).default({});
const manifest = z.object({
  name: z.string().default(''),
  version: z.string().default(''),
  license: z.string().default(''),
  scripts: versions,
  dependencies: versions,
  devDependencies: versions,
  optionalDependencies: versions,
  peerDependencies: versions,
});
export type Manifest = z.output<typeof manifest>;

export const readManifest = (folder: string): Manifest => manifest.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));

/** The folders of all workspaces, that of the root first. */
export const workspaces = [
  '.',
  'attacks',
  'bench',
  ...['packages', 'apps'].flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(folder, name))),
].map((folder) => join(root, folder));

/** The scripts that a package would run when it is installed. */
export const installerScripts = ({ scripts }: Manifest) => ['preinstall', 'install', 'postinstall'].filter((name) => name in scripts);

const findFolder = (path: string): string | undefined => {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
};

/** The folder of a package that another one depends on. pnpm puts it beside that one; a workspace has its own. Undefined for one of another system. */
function dependencyOf(folder: string, name: string): string | undefined {
  const store = folder.indexOf(`${sep}.pnpm${sep}`) < 0 ? join(folder, 'node_modules') : folder.slice(0, folder.lastIndexOf(`${sep}node_modules${sep}`) + 13);
  return findFolder(join(store, name));
}

/** Every package that is installed, or only those that running needs, by `name@version`. */
export function installed(only: 'all' | 'production'): Map<string, Manifest> {
  const found = new Map<string, Manifest>();
  const seen = new Set<string>();
  const visit = (folder: string) => {
    if (seen.has(folder)) return;
    seen.add(folder);
    const own = readManifest(folder);
    const isWorkspace = workspaces.includes(folder);
    if (!isWorkspace) found.set(`${own.name}@${own.version}`, own);
    const { dependencies, optionalDependencies, peerDependencies, devDependencies } = own;
    const wanted = { ...dependencies, ...optionalDependencies, ...(!isWorkspace && peerDependencies), ...(isWorkspace && only === 'all' && devDependencies) };
    for (const name of Object.keys(wanted)) {
      const next = dependencyOf(folder, name);
      if (next !== undefined) visit(next);
    }
  };
  workspaces.forEach(visit);
  return found;
}
