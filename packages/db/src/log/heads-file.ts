import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Head } from './verify.ts';

export type Heads = Map<string, Head>;

/** Reads a file of lines `owner:seq:hash`; a trimmed log adds `:droppedSeq:droppedState`. Returns no heads when the file does not exist. */
export function readHeads(file: string): Heads {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  return new Map(
    lines.map((line, i) => {
      if (!/^[0-9a-f-]{36}:\d+:[0-9a-f]{64}(:\d+:[0-9a-f]{64})?$/.test(line)) throw new Error(`Line ${i + 1} of ${file} is not the head of a log.`);
      const [owner = '', seq, hash = '', droppedSeq, droppedState = ''] = line.split(':');
      return [owner, { seq: Number(seq), hash, droppedSeq: Number(droppedSeq ?? 0), droppedState }];
    }),
  );
}

export function writeHeads(file: string, heads: Heads): void {
  const lines = [...heads].map(([owner, head]) => `${owner}:${head.seq}:${head.hash}${head.droppedSeq ? `:${head.droppedSeq}:${head.droppedState}` : ''}\n`);
  writeFileSync(`${file}.new`, lines.join(''), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
