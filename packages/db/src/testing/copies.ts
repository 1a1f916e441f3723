import { columnOf, entities, type FieldRule } from '@todo/contract';
import { inspect, script, type TestDatabase } from './database.ts';

/** A copy of a task, with times as ISO strings. */
export interface CopiedTask {
  id: string;
  title: string;
  description: string;
  completed_at: string | null;
  created_at: string;
  updated_at: string;
  version: number;
}

/** All tasks of an owner at the end of a transaction, the end of the log there, and the call that made the change. */
export interface Copy {
  seq: number;
  mutation: string | null;
  tasks: Map<string, CopiedTask>;
}

/** Stores a full copy of an owner's tasks at the end of each transaction that changes one, to compare with the log. */
export const keepCopies = ({ superuserUrl }: TestDatabase) =>
  script(
    superuserUrl,
    `create table copies (user_id uuid, seq bigint, mutation uuid, tasks jsonb, primary key (user_id, seq));
     create function keep_copy() returns trigger language plpgsql security definer set timezone = 'UTC' as $$
     begin
       insert into copies select new.user_id, o.last_seq, new.mutation_id,
         (select coalesce(jsonb_agg(to_jsonb(t) - '{user_id,search}'::text[] order by t.id), '[]') from tasks t where t.user_id = new.user_id)
       from owners o where o.user_id = new.user_id on conflict do nothing;
       return null;
     end $$;
     create constraint trigger keep_copy after insert on events deferrable initially deferred for each row execute function keep_copy()`,
  );

/** The copies of an owner in log order, starting with the empty one. */
export async function readCopies({ superuserUrl }: TestDatabase, owner: string): Promise<Copy[]> {
  const rows = await inspect(superuserUrl, `select seq::int, mutation, tasks::text from copies where user_id = '${owner}' order by seq`);
  const copies = rows.map(({ seq, mutation, tasks }): Copy => {
    const list: CopiedTask[] = JSON.parse(String(tasks));
    return { seq: Number(seq), mutation: mutation === null ? null : String(mutation), tasks: new Map(list.map((task) => [task.id, task])) };
  });
  return [{ seq: 0, mutation: null, tasks: new Map() }, ...copies];
}

/** What a row has where the log names no value. */
const defaults = Object.fromEntries(Object.entries(entities.task.fields).map(([name, rule]: [string, FieldRule]) => [columnOf(name), rule.default ?? null]));

/** The positions at which entities_at() differs from the copy. */
export const differingStates = async ({ superuserUrl }: TestDatabase, owner: string, from = 0) =>
  (
    await inspect(
      superuserUrl,
      `select c.seq::int from copies c where c.user_id = '${owner}' and c.seq >= ${from} and c.tasks is distinct from (
         select coalesce(jsonb_agg('${JSON.stringify(defaults)}'::jsonb || s.fields
           || jsonb_build_object('id', s.id, 'version', s.version, 'updated_at', s.updated_at) order by s.id), '[]')
         from entities_at('${owner}', c.seq) s)
       order by c.seq`,
    )
  ).map(({ seq }) => seq);
