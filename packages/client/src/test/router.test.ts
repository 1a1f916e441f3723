import type { AppRouter as ServerRouter } from '@todo/api';
import type { ErrorData, Input, Output, procedures } from '@todo/contract';
import type { TRPC_ERROR_CODE_KEY } from '@trpc/server/rpc';
import { expectTypeOf, it } from 'vitest';
import type { AppRouter, createTodoClient, Portable, Reason, ServerReason, Task, TaskExport, Tasks, TodoError } from '../index.ts';

interface AnyRouter {
  _def: { record: object; _config: { $types: { errorShape: unknown } } };
}
/** Kind, input and output of each procedure. */
type Procedures<Group> = {
  [Name in keyof Group]: Group[Name] extends { _def: { type: infer Kind; $types: { input: infer Input; output: infer Output } } }
    ? { kind: Kind; input: Input; output: Output }
    : never;
};
type Groups<Router extends AnyRouter> = { [Name in keyof Router['_def']['record']]: Procedures<Router['_def']['record'][Name]> };
type Errors<Router extends AnyRouter> = Router['_def']['_config']['$types']['errorShape'];

it('has the procedures of the server, each with its kind, input and output', () => {
  expectTypeOf<Groups<AppRouter>>().toEqualTypeOf<Groups<ServerRouter>>();
  expectTypeOf<Groups<ServerRouter>['tasks']['edit']>().toExtend<{ kind: 'mutation'; input: { id: string }; output: Task }>();
});

it('knows every reason and every detail of a refusal', () => {
  expectTypeOf<Errors<AppRouter>>().toEqualTypeOf<Errors<ServerRouter>>();
  expectTypeOf<Errors<ServerRouter>['data']>().toEqualTypeOf<ErrorData>();
  expectTypeOf<ErrorData['reason']>().toEqualTypeOf<ServerReason>();
  expectTypeOf<ErrorData['code']>().toEqualTypeOf<TRPC_ERROR_CODE_KEY>();
  expectTypeOf<TodoError['reason']>().toEqualTypeOf<Reason>();
});

it('is what a client offers, and names no owner', () => {
  type Client = ReturnType<typeof createTodoClient>;
  type Edit = (typeof procedures.tasks)['edit'];
  expectTypeOf<keyof Client['tasks']>().toEqualTypeOf<keyof typeof procedures.tasks>();
  expectTypeOf<Client['tasks']>().toEqualTypeOf<Tasks>();
  expectTypeOf<Parameters<Tasks['edit']>[0]>().toEqualTypeOf<Input<Edit>>();
  expectTypeOf<Awaited<ReturnType<Tasks['edit']>>>().toEqualTypeOf<Output<Edit>>();
  expectTypeOf<Pick<Client, keyof Portable>>().toEqualTypeOf<Portable>();
  expectTypeOf<TaskExport>().not.toHaveProperty('userId');
  expectTypeOf<Parameters<Tasks['create']>[0]>().not.toHaveProperty('userId');
  expectTypeOf<Task>().not.toHaveProperty('userId');
});
