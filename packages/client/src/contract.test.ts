import type { AppRouter, ErrorShape } from '@todo/api';
import { expectTypeOf, it } from 'vitest';
import type { createTodoClient, History, Portable, Reason, ServerReason, Sync, Task, TaskExport, Tasks, TodoError } from './index.ts';
import type { Wire } from './wire.ts';

interface AnyRouter {
  _def: { record: object; _config: { $types: { errorShape: unknown } } };
}
/** Of each procedure whether it reads or changes, what it takes and what it gives. */
type Procedures<Group> = {
  [Name in keyof Group]: Group[Name] extends { _def: { type: infer Kind; $types: { input: infer Input; output: infer Output } } }
    ? { kind: Kind; input: Input; output: Output }
    : never;
};
type Groups<Router extends AnyRouter> = { [Name in keyof Router['_def']['record']]: Procedures<Router['_def']['record'][Name]> };
type Errors<Router extends AnyRouter> = Router['_def']['_config']['$types']['errorShape'];

it('has the procedures of the server, each with its kind, input and output', () => {
  expectTypeOf<Groups<Wire>>().toEqualTypeOf<Groups<AppRouter>>();
  expectTypeOf<Groups<AppRouter>['tasks']['edit']>().toExtend<{ kind: 'mutation'; input: { id: string }; output: Task }>();
});

it('knows every reason and every detail of a refusal', () => {
  expectTypeOf<ServerReason>().toEqualTypeOf<ErrorShape['data']['reason']>();
  expectTypeOf<Errors<Wire>>().toEqualTypeOf<Errors<AppRouter>>();
  expectTypeOf<TodoError['reason']>().toEqualTypeOf<Reason>();
});

it('is what a client offers, and names no owner', () => {
  type Client = ReturnType<typeof createTodoClient>;
  expectTypeOf<Client['tasks']>().toEqualTypeOf<Tasks>();
  expectTypeOf<Client['history']>().toEqualTypeOf<History>();
  expectTypeOf<Client['sync']>().toEqualTypeOf<Sync>();
  expectTypeOf<Pick<Client, keyof Portable>>().toEqualTypeOf<Portable>();
  expectTypeOf<TaskExport>().not.toHaveProperty('userId');
  expectTypeOf<Parameters<Client['tasks']['create']>[0]>().not.toHaveProperty('userId');
  expectTypeOf<Task>().not.toHaveProperty('userId');
});
