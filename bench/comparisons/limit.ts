/**
 * The bound: handlers written by hand, each one prepared statement, without authentication, row-level security or a log. Whoever names an owner is that
 * owner, so it is for measuring alone. `node limit.ts <database URL> <port> <pool size> <secret> <columns>`
 */
import Fastify from 'fastify';
import postgres from 'postgres';

const [url = '', port, poolSize, , visibleColumns = ''] = process.argv.slice(2);
const sql = postgres(url, { max: Number(poolSize) });
const app = Fastify();

type Query = Record<string, string | undefined>;
interface Owned {
  Headers: { 'x-owner': string };
}
interface Listing extends Owned {
  Querystring: Query;
}
interface Writing extends Owned {
  Body: Record<'id' | 'title', string>;
}

const columns = sql.unsafe(visibleColumns);

app.get<Listing>('/tasks.list', async ({ headers, query: { limit = '50', completed, search } }) => {
  const owner = headers['x-owner'];
  const pattern = `%${search}%`;
  const open = completed === 'false' ? sql`and completed_at is null` : sql``;
  const found = search ? sql`and (title ilike ${pattern} or description ilike ${pattern})` : sql``;
  const items = await sql`select ${columns} from tasks where user_id = ${owner} ${open} ${found} order by created_at desc, id desc limit ${limit}`;
  return { items };
});

app.get<Listing>('/tasks.get', async ({ headers, query: { id = '' } }) => {
  const [task] = await sql`select ${columns} from tasks where user_id = ${headers['x-owner']} and id = ${id}`;
  return task;
});

app.get<Owned>('/tasks.counts', async ({ headers }) => {
  const [counts] = await sql`
    select (count(*) - count(completed_at))::int as open, count(completed_at)::int as completed from tasks where user_id = ${headers['x-owner']}`;
  return counts;
});

app.post<Writing>('/tasks.create', async ({ headers, body }) => {
  const [task] = await sql`insert into tasks (user_id, title) values (${headers['x-owner']}, ${body.title}) returning ${columns}`;
  return task;
});

app.post<Writing>('/tasks.edit', async ({ headers, body }) => {
  const [task] = await sql`update tasks set title = ${body.title}, updated_at = now(), version = version + 1
    where user_id = ${headers['x-owner']} and id = ${body.id} returning ${columns}`;
  return task;
});

app.post<Writing>('/tasks.complete', async ({ headers, body }) => {
  const [task] = await sql`update tasks set completed_at = now(), updated_at = now(), version = version + 1
    where user_id = ${headers['x-owner']} and id = ${body.id} returning ${columns}`;
  return task;
});

app.post<Writing>('/tasks.reopen', async ({ headers, body }) => {
  const [task] = await sql`update tasks set completed_at = null, updated_at = now(), version = version + 1
    where user_id = ${headers['x-owner']} and id = ${body.id} returning ${columns}`;
  return task;
});

await app.listen({ host: '127.0.0.1', port: Number(port) });
console.log('listening');
