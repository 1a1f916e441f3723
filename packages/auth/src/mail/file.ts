import { appendFile, mkdir, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Mail, Transport } from './mail.ts';

/** A larger file is begun anew. */
const FILE_MAX_BYTES = 1_000_000;

/** For development: shows each mail to `show`, and appends it to a file that only this user can read. */
export function createMailFile(path: string, show: (mail: Mail) => void): Transport {
  return {
    send: async ({ id, ...mail }) => {
      show(mail);
      try {
        await mkdir(dirname(path), { recursive: true, mode: 0o700 });
        const size = await stat(path).then(
          (file) => file.size,
          () => 0,
        );
        if (size > FILE_MAX_BYTES) await rm(path);
        await appendFile(path, `${new Date().toISOString()} ${id}\nTo: ${mail.to}\nSubject: ${mail.subject}\n\n${mail.text}\n\n`, { mode: 0o600 });
        return { outcome: 'sent' };
      } catch (error) {
        return { outcome: 'unknown', reason: String(Object(error).code) };
      }
    },
  };
}
