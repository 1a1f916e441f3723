import type { ErrorData, Input, Output, Procedure, procedures } from '@todo/contract';
import type { TRPCBuiltRouter, TRPCMutationProcedure, TRPCQueryProcedure, TRPCSubscriptionProcedure } from '@trpc/server';
import type { TRPCErrorShape } from '@trpc/server/rpc';

interface Types<Given, Answer> {
  input: Given;
  output: Answer;
  meta: object;
  errorShape: unknown;
}

type Built<Called extends Procedure> = {
  query: TRPCQueryProcedure<Types<Input<Called>, Output<Called>>>;
  mutation: TRPCMutationProcedure<Types<Input<Called>, Output<Called>>>;
  subscription: TRPCSubscriptionProcedure<Types<Input<Called>, AsyncIterable<{ id: string; data: Output<Called> }, void>>>;
}[Called['kind']];

type Routes<Group extends Record<string, Procedure>> = { [Name in keyof Group]: Built<Group[Name]> };

/** The type of the server's router, for `createTRPCClient<AppRouter>` and `createTRPCContext<AppRouter>`. */
export type AppRouter = TRPCBuiltRouter<
  { ctx: object; meta: object; errorShape: TRPCErrorShape<ErrorData>; transformer: false },
  { [Name in keyof typeof procedures]: Routes<(typeof procedures)[Name]> }
>;
