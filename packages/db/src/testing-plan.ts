import { withConnection } from './migrate.ts';
import type { Statement } from './testing-protocol.ts';
import type { UserId } from './user-id.ts';

export interface Plan {
  /** The names of the indexes it reads, sorted. */
  indexes: string[];
  /** What it does, such as "Index Scan", "Sort" or "Seq Scan". */
  steps: string[];
  /** The pages of 8 KB it has touched. */
  buffers: number;
}

const literal = (value: unknown) => (value === null ? 'null' : `'${String(value).replaceAll("'", "''")}'`);
const all = (json: string, key: string) => [...json.matchAll(new RegExp(`"${key}":"?([^",}]+)`, 'g'))].map(([, value = '']) => value);

/**
 * Runs a statement in a flight of the owner, or of the sign-in system when that is null, and answers how. PostgreSQL plans a prepared statement
 * for its values at first (`custom`) and may later settle for one plan for all (`generic`).
 */
export const explain = (url: string, owner: UserId | null, { text, values }: Statement, mode: 'custom' | 'generic'): Promise<Plan> =>
  withConnection(url, async (connection) => {
    const execute = values.length === 0 ? 'execute statement' : `execute statement (${values.map(literal).join(', ')})`;
    const role = owner === null ? 'set local role todo_identity' : `set local role todo_user; set local app.user_id = '${owner}'`;
    await connection.send([{ text: `begin; ${role}; set local plan_cache_mode = force_${mode}_plan` }, { text: `prepare statement as ${text}` }]);
    const [plan] = await connection.send([{ text: `explain (analyze, buffers, timing off, format json) ${execute}` }, { text: 'rollback' }]);
    const json = JSON.stringify(plan);
    const [hit = '0', read = '0'] = [all(json, 'Shared Hit Blocks')[0], all(json, 'Shared Read Blocks')[0]];
    return { indexes: all(json, 'Index Name').sort(), steps: all(json, 'Node Type'), buffers: Number(hit) + Number(read) };
  });
