import { join } from 'node:path';
import { build } from './build.ts';

const folder = join(import.meta.dirname, '..', 'dist');
await build(folder);
console.log(`Built the package. To make a tarball: npm pack ${folder}`);
