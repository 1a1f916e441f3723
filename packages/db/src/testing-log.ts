/** What PostgreSQL's log says of one backend. */
export interface Backend {
  /** The login, or undefined when the client never got that far. */
  user: string | undefined;
  /** Statements as they arrived, whitespace collapsed. */
  statements: string[];
}

/** Makes PostgreSQL log every connection and statement in the form that `readBackends` reads; the server must reload to follow. */
export const logEverything = ["log_connections = 'on'", "log_statement = 'all'", "log_line_prefix = '%c '"].map((setting) => `alter system set ${setting}`);

/** Reads a server's log; a line that begins with a tab continues the one above it. */
export function readBackends(log: string): Backend[] {
  const backends = new Map<string, Backend>();
  for (const line of log.replaceAll('\n\t', ' ').split('\n')) {
    const [, session = '', said = ''] = /^([0-9a-f]+\.[0-9a-f]+) LOG: {2}(.*)$/.exec(line) ?? [];
    if (said.startsWith('connection received')) backends.set(session, { user: undefined, statements: [] });
    const backend = backends.get(session);
    const [, user] = /^connection authorized: user=(\w+)/.exec(said) ?? [];
    const [, statement] = /^(?:statement|execute [^:]+): (.*)$/.exec(said) ?? [];
    if (backend && user) backend.user = user;
    if (backend && statement) backend.statements.push(statement.replace(/\s+/g, ' '));
  }
  return [...backends.values()];
}
