import { z } from 'zod';

const versions = z.record(z.string(), z.string()).default({});

/** What the package's own manifest says in the workspace. */
export const manifest = z.object({
  name: z.string(),
  version: z.string(),
  description: z.string(),
  license: z.string(),
  exports: z.record(z.string(), z.string()),
  dependencies: versions,
  peerDependencies: versions,
  peerDependenciesMeta: z.record(z.string(), z.object({ optional: z.boolean() })).default({}),
});

type Manifest = z.output<typeof manifest>;

const nameOf = (entry: string) => (entry === '.' ? 'index' : entry.slice('./'.length));

/** What is published of the exports. The rest is for the workspace. */
const published = ({ exports }: Manifest) => Object.entries(exports).filter(([, source]) => /^\.\/src\/[^/]+$/.test(source));

/** The names of the entry points: `index` for `.`, `import` for `./import`. */
export const entriesOf = (own: Manifest): Map<string, string> => new Map(published(own).map(([entry, source]) => [nameOf(entry), source]));

/** Any later version that is compatible, so that an application has each package once. */
const compatible = (versions: Record<string, string>) => Object.fromEntries(Object.entries(versions).map(([name, version]) => [name, `^${version}`]));

/** The manifest of the published package. What it bundles is no dependency. */
export function publishedManifest(own: Manifest, bundled: Manifest['dependencies'], types: (source: string) => string): object {
  const { name, version, description, license, peerDependencies, peerDependenciesMeta } = own;
  const dependencies = Object.entries({ ...own.dependencies, ...bundled }).filter(([name]) => !name.startsWith('@todo/'));
  const entryPoints = published(own).map(([entry, source]) => [entry, { types: types(source), default: `./${nameOf(entry)}.js` }]);
  return {
    name,
    version,
    description,
    license,
    type: 'module',
    sideEffects: false,
    engines: { node: '>=20' },
    exports: { ...Object.fromEntries(entryPoints), './package.json': './package.json' },
    dependencies: compatible(Object.fromEntries(dependencies.sort())),
    peerDependencies,
    peerDependenciesMeta,
  };
}
