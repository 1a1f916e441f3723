/**
 * What the documentation of tRPC, superjson, Better Auth and Drizzle shows, put together: standalone adapter, getSession in the context, one Drizzle query
 * for each procedure. Measured beside the product, never shipped. `node textbook.ts <database URL> <port> <pool size> <secret>`
 */
import { schema, tables } from '@todo/db';
import { initTRPC, TRPCError } from '@trpc/server';
import { type CreateHTTPContextOptions, createHTTPServer } from '@trpc/server/adapters/standalone';
import { betterAuth } from 'better-auth';
import { drizzleAdapter } from 'better-auth/adapters/drizzle';
import { fromNodeHeaders } from 'better-auth/node';
import { and, count, desc, eq, getTableColumns, ilike, isNull, or, sql } from 'drizzle-orm';
import { integer, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import superjson from 'superjson';
import { z } from 'zod';

const [url = '', port, poolSize, secret = ''] = process.argv.slice(2);

const timestampTz = (name: string) => timestamp(name, { withTimezone: true });
/** What the product's tasks have besides: both answer with the same columns. */
const others: object = Object.fromEntries(
  Object.entries(getTableColumns(tables.task.added)).map(([key, column]) => [
    key,
    column.getSQLType().startsWith('timestamp') ? timestampTz(column.name) : text(column.name),
  ]),
);
const tasks = pgTable('tasks', {
  ...others,
  userId: uuid('user_id').notNull(),
  id: uuid('id').primaryKey().defaultRandom(),
  title: text('title').notNull(),
  description: text('description').notNull().default(''),
  completedAt: timestampTz('completed_at'),
  createdAt: timestampTz('created_at').notNull().defaultNow(),
  updatedAt: timestampTz('updated_at').notNull().defaultNow(),
  version: integer('version').notNull().default(1),
});

const db = drizzle(postgres(url, { max: Number(poolSize) }));
const auth = betterAuth({
  baseURL: `http://127.0.0.1:${port}`,
  secret,
  database: drizzleAdapter(db, { provider: 'pg', schema }),
  emailAndPassword: { enabled: true },
});

const createContext = async ({ req }: CreateHTTPContextOptions) => ({ session: await auth.api.getSession({ headers: fromNodeHeaders(req.headers) }) });

const t = initTRPC.context<Awaited<ReturnType<typeof createContext>>>().create({ transformer: superjson });
const protectedProcedure = t.procedure.use(({ ctx, next }) => {
  if (!ctx.session) throw new TRPCError({ code: 'UNAUTHORIZED' });
  return next({ ctx: { userId: ctx.session.user.id } });
});

const listInput = z.object({ limit: z.number().min(1).max(200).default(50), completed: z.boolean().optional(), search: z.string().optional() });
const idInput = z.object({ id: z.uuid() });
const title = z.string().min(1).max(500);
const isOf = (userId: string, id: string) => and(eq(tasks.userId, userId), eq(tasks.id, id));
const changed = { updatedAt: sql`now()`, version: sql`${tasks.version} + 1` };

const router = t.router({
  tasks: t.router({
    list: protectedProcedure.input(listInput).query(async ({ ctx, input: { limit, completed, search } }) => {
      const open = completed === false ? isNull(tasks.completedAt) : undefined;
      const found = search ? or(ilike(tasks.title, `%${search}%`), ilike(tasks.description, `%${search}%`)) : undefined;
      const rules = and(eq(tasks.userId, ctx.userId), open, found);
      return { items: await db.select().from(tasks).where(rules).orderBy(desc(tasks.createdAt), desc(tasks.id)).limit(limit) };
    }),
    get: protectedProcedure.input(idInput).query(async ({ ctx, input }) => {
      const [task] = await db.select().from(tasks).where(isOf(ctx.userId, input.id));
      return task;
    }),
    counts: protectedProcedure.query(async ({ ctx }) => {
      const [counts] = await db
        .select({ open: sql`count(*) - count(${tasks.completedAt})`.mapWith(Number), completed: count(tasks.completedAt) })
        .from(tasks)
        .where(eq(tasks.userId, ctx.userId));
      return counts;
    }),
    create: protectedProcedure.input(z.object({ title })).mutation(async ({ ctx, input }) => {
      const [task] = await db
        .insert(tasks)
        .values({ ...input, userId: ctx.userId })
        .returning();
      return task;
    }),
    edit: protectedProcedure.input(idInput.extend({ title })).mutation(async ({ ctx, input }) => {
      const [task] = await db
        .update(tasks)
        .set({ title: input.title, ...changed })
        .where(isOf(ctx.userId, input.id))
        .returning();
      return task;
    }),
    complete: protectedProcedure.input(idInput).mutation(async ({ ctx, input }) => {
      const [task] = await db
        .update(tasks)
        .set({ completedAt: new Date(), ...changed })
        .where(isOf(ctx.userId, input.id))
        .returning();
      return task;
    }),
    reopen: protectedProcedure.input(idInput).mutation(async ({ ctx, input }) => {
      const [task] = await db
        .update(tasks)
        .set({ completedAt: null, ...changed })
        .where(isOf(ctx.userId, input.id))
        .returning();
      return task;
    }),
  }),
});

createHTTPServer({ router, createContext }).listen(Number(port), '127.0.0.1', () => console.log('listening'));
