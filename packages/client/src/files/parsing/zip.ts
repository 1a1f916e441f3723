import { unzipSync } from 'fflate';
import { TodoError } from '../../transport/error.ts';

export const ZIP_MAX_FILES = 2_000;
export const ZIP_MAX_BYTES = 100_000_000;

export const isZip = (file: string | Uint8Array): file is Uint8Array =>
  typeof file !== 'string' && file[0] === 0x50 && file[1] === 0x4b && file[2] === 3 && file[3] === 4;

/** Whether a file of an archive may hold tasks. */
const mayHoldTasks = (name: string) => /\.(csv|json|ics|txt)$/i.test(name) && !/(^|\/)(__MACOSX|\.)/.test(name);

/** The files of a ZIP archive that may hold tasks, and the names of the others. Throws INVALID_INPUT if it is damaged or unpacks to more than the limits. */
export function unzip(bytes: Uint8Array): { files: [name: string, bytes: Uint8Array][]; others: string[] } {
  const others: string[] = [];
  let [count, size] = [0, 0];
  const filter = ({ name, originalSize }: { name: string; originalSize: number }) => {
    if (name.endsWith('/')) return false;
    if (!mayHoldTasks(name)) {
      others.push(name);
      return false;
    }
    count += 1;
    size += originalSize;
    // Throwing here stops before anything of the file is unpacked; a file that unpacks to more than it says is cut off there.
    if (count > ZIP_MAX_FILES || size > ZIP_MAX_BYTES)
      throw new TodoError('INVALID_INPUT', `This archive is too large: at most ${ZIP_MAX_FILES} files and ${ZIP_MAX_BYTES / 1_000_000} MB can be read.`);
    return true;
  };
  try {
    return { files: Object.entries(unzipSync(bytes, { filter })).sort(([a], [b]) => (a < b ? -1 : 1)), others };
  } catch (cause) {
    if (cause instanceof TodoError) throw cause;
    throw new TodoError('INVALID_INPUT', 'This ZIP archive is damaged.', { cause });
  }
}
