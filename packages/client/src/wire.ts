import type { TRPCBuiltRouter, TRPCMutationProcedure, TRPCQueryProcedure, TRPCSubscriptionProcedure } from '@trpc/server';
import type { TRPC_ERROR_CODE_KEY, TRPC_ERROR_CODE_NUMBER } from '@trpc/server/rpc';
import type { CallOptions, ChangePage, History, ServerReason, Sync, Tasks } from './contract.ts';

/** The procedures that only read: they travel as GET. */
type Query = 'get' | 'list' | 'counts' | 'removed' | 'changes';

type Signature<Procedure> = Procedure extends (input: infer Input, options?: CallOptions) => Promise<infer Output>
  ? { input: Input; output: Output; meta: unknown }
  : never;

type Procedures<Contract> = {
  [Name in keyof Contract]: Name extends Query ? TRPCQueryProcedure<Signature<Contract[Name]>> : TRPCMutationProcedure<Signature<Contract[Name]>>;
};

interface ErrorShape {
  message: string;
  code: TRPC_ERROR_CODE_NUMBER;
  data: {
    code: TRPC_ERROR_CODE_KEY;
    httpStatus: number;
    reason: ServerReason;
    path?: string;
    fields?: Record<string, string[]>;
    retryAfterSeconds?: number;
    index?: number;
  };
}

interface Watch {
  input: { since: number; sinceHash?: string | undefined; lastEventId?: string | undefined };
  output: AsyncIterable<{ id: string; data: ChangePage }, void>;
  meta: unknown;
}

/** The server's router as this client sees it: a type test proves that it is the real one. */
export type Wire = TRPCBuiltRouter<
  { ctx: object; meta: object; errorShape: ErrorShape; transformer: false },
  { tasks: Procedures<Tasks>; history: Procedures<History>; sync: Procedures<Pick<Sync, 'changes'>> & { watch: TRPCSubscriptionProcedure<Watch> } }
>;
