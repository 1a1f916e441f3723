/** A statement that a client ran, with its values as text. */
export interface Statement {
  text: string;
  values: (string | null)[];
}

/** Reads the fields of one message in order. */
function createCursor(message: Buffer) {
  let at = 5;
  const take = (length: number) => {
    at += length;
    return message.subarray(at - length, at);
  };
  const text = (length: number) => take(length).toString();
  return {
    int16: () => take(2).readInt16BE(),
    int32: () => take(4).readInt32BE(),
    text,
    string: () => {
      const found = text(message.indexOf(0, at) - at);
      take(1);
      return found;
    },
  };
}

/** The values of a Bind message. */
function readValues({ int16, int32, text }: ReturnType<typeof createCursor>): Statement['values'] {
  const formats = int16();
  for (let i = 0; i < formats; i += 1) int16();
  return Array.from({ length: int16() }, () => {
    const length = int32();
    return length < 0 ? null : text(length);
  });
}

/**
 * Parses what a client sends and returns the statements that it runs: Parse gives a statement its name, Bind its values
 * (https://www.postgresql.org/docs/current/protocol-message-formats.html).
 */
export function createReader(): (chunk: Buffer) => Statement[] {
  const texts = new Map<string, string>();
  let pending = Buffer.alloc(0);
  let typeLength = 0; // the first message has no type

  const readMessage = (message: Buffer): Statement[] => {
    const type = typeLength === 0 ? '' : message.toString('latin1', 0, 1);
    const cursor = createCursor(message);
    if (type === 'P') texts.set(cursor.string(), cursor.string());
    if (type !== 'B') return [];
    cursor.string(); // the portal
    return [{ text: texts.get(cursor.string()) ?? '', values: readValues(cursor) }];
  };

  return (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    const found: Statement[] = [];
    while (pending.length >= typeLength + 4) {
      const length = typeLength + pending.readInt32BE(typeLength);
      if (pending.length < length) break;
      found.push(...readMessage(pending.subarray(0, length)));
      pending = pending.subarray(length);
      typeLength = 1;
    }
    return found;
  };
}
