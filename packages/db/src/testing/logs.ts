import { eventSize } from '../log/size.ts';
import { inspect } from './inspect.ts';

/** The entries of one backend in PostgreSQL's log. */
export interface Backend {
  /** The login, or undefined when the client did not log in. */
  user: string | undefined;
  /** Statements in order, with whitespace collapsed. */
  statements: string[];
}

/** Makes PostgreSQL log every connection and statement in the format of `readBackends`, after a reload. */
export const logEverything = ["log_connections = 'on'", "log_statement = 'all'", "log_line_prefix = '%c '"].map((setting) => `alter system set ${setting}`);

/** Parses a server's log; a line that begins with a tab continues the previous one. */
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

/** Recomputes the hash chain, the size and the owner's row, as an attacker who can write every table would after changing events. */
export const hashAnew = (owner: string) => `
  do $$ declare
    event events;
    head bytea := (select dropped_hash from owners where user_id = '${owner}');
    number bigint := (select dropped_seq from owners where user_id = '${owner}');
    size bigint;
    since timestamptz(3);
  begin
    select coalesce(sum(${eventSize('e')}), 0), (array_agg(e.at order by e.seq))[1] into size, since from events e where e.user_id = '${owner}';
    for event in select * from events where user_id = '${owner}' order by seq loop
      head := sha256(head || convert_to(concat_ws(' ', event.user_id, event.seq, event.entity, event.entity_id, event.kind, event.action,
        (date_part('epoch', event.at) * 1000)::bigint, coalesce((date_part('epoch', event.was) * 1000)::bigint::text, '-'), event.version, event.format,
        coalesce(event.mutation_id::text, '-'), coalesce(event.request_id::text, '-'), event.fields), 'UTF8'));
      number := event.seq;
      update events set hash = head where user_id = event.user_id and seq = event.seq;
    end loop;
    update owners set last_seq = number, last_hash = head, log_bytes = size, log_mb = size / 1000000, log_since = since where user_id = '${owner}';
  end $$`;

/** Trims a log up to the first event since a time, as the owner of the tables, to whom row security applies. Returns the number of deleted events. */
export async function trimBefore({ ownerUrl, superuserUrl }: { ownerUrl: string; superuserUrl: string }, owner: string, before = 'infinity'): Promise<number> {
  const [start] = await inspect(
    superuserUrl,
    `select coalesce((select min(seq) - 1 from events where user_id = '${owner}' and at >= '${before}'), last_seq) as upto from owners where user_id = '${owner}'`,
  );
  const [trimmed] = await inspect(ownerUrl, `select trim_log('${owner}', ${start?.upto ?? 0})::int as events`);
  return Number(trimmed?.events);
}
