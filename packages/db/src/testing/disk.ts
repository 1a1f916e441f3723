import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const NOBODY = 65534;

/** Mounts a small disk, which needs root; dispose unmounts it. */
export function mountDisk(megabytes: number): Disposable & { path: string } {
  const parent = mkdtempSync(join(tmpdir(), 'todo-test-'));
  const path = join(parent, 'disk');
  chmodSync(parent, 0o755);
  mkdirSync(path);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0755,uid=${NOBODY}`, 'tmpfs', path], { encoding: 'utf8' });
  if (mounted.status !== 0) throw new Error(mounted.stderr);
  return {
    path,
    [Symbol.dispose]: () => {
      spawnSync('umount', [path]);
      rmSync(parent, { recursive: true });
    },
  };
}

/** Fills the disk except for this number of bytes; removing the file frees the space. */
export function fill(disk: string, leave: number): string {
  const file = join(disk, 'filler');
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(file, Buffer.alloc(Math.max(0, bavail * bsize - leave)));
  return file;
}

/** Whether this process is root and may mount. */
export const canMount = () => process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0;
