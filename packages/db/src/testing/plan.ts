import { texts } from '../log/owners.ts';
import type { UserId } from '../user-id.ts';
import { useConnection } from './inspect.ts';
import type { Statement } from './protocol.ts';

export interface Plan {
  /** The names of the indexes that the plan reads, sorted. */
  indexes: string[];
  /** The node types, such as "Index Scan", "Sort" or "Seq Scan". */
  steps: string[];
  /** How many 8 kB pages of our tables and indexes were read, including planning, triggers and constraints. */
  buffers: number;
  /** The rows of sequential scans per table and the entries read per index, including triggers and constraints. */
  reads: Record<string, number>;
}

const literal = (value: unknown) => (value === null ? 'null' : `'${String(value).replaceAll("'", "''")}'`);
const all = (json: string, key: string) => [...json.matchAll(new RegExp(`"${key}":"?([^",}]+)`, 'g'))].map(([, value = '']) => value);

/** The statistics of this transaction on our tables and their indexes. Only sequential scans count as reads of a table. */
const touched = `
  select relname, pg_stat_get_xact_numscans(oid), pg_stat_get_xact_tuples_returned(oid), pg_stat_get_xact_blocks_fetched(oid)
  from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'i') order by relname`;

/**
 * Runs a statement in a transaction of the owner, or of the sign-in system if that is null, and returns its plan. PostgreSQL first plans a prepared statement
 * for its values (`custom`) and may later use one plan for all values (`generic`).
 */
export const explain = (url: string, owner: UserId | null, { text, values }: Statement, mode: 'custom' | 'generic'): Promise<Plan> =>
  useConnection(url, async (connection) => {
    const execute = values.length === 0 ? 'execute statement' : `execute statement (${values.map(literal).join(', ')})`;
    const role = owner === null ? 'set local role todo_identity' : `set local role todo_user; set local app.user_id = '${owner}'`;
    await connection.send([{ text: `begin; ${role}; set local plan_cache_mode = force_${mode}_plan` }, { text: `prepare statement as ${text}` }]);
    const [plan] = await connection.send([{ text: `explain (analyze, timing off, format json) ${execute}` }]);
    const relations = (await texts(connection, touched)).map(([name = '', ...counts]) => [name, ...counts.map(Number)] as const);
    await connection.send([{ text: 'rollback; deallocate statement' }]);
    const json = JSON.stringify(plan);
    return {
      indexes: all(json, 'Index Name').sort(),
      steps: all(json, 'Node Type'),
      buffers: relations.reduce((sum, [, , , blocks = 0]) => sum + blocks, 0),
      reads: Object.fromEntries(relations.flatMap(([name, scans = 0, rows = 0]) => (scans > 0 ? [[name, rows]] : []))),
    };
  });
