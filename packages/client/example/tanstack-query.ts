// The API in React, by @trpc/tanstack-react-query.
import { QueryClient, useMutation, useQuery } from '@tanstack/react-query';
import type { AppRouter, Task } from '@todo/client';
import { createTRPCClient, httpBatchLink } from '@trpc/client';
import { createTRPCContext, createTRPCOptionsProxy } from '@trpc/tanstack-react-query';

export const { TRPCProvider, useTRPC } = createTRPCContext<AppRouter>();

export function useOpenTasks() {
  const trpc = useTRPC();
  const { data } = useQuery(trpc.tasks.list.queryOptions({ completed: false }, { select: ({ items }): Task[] => items }));
  const { mutate: complete } = useMutation(trpc.tasks.complete.mutationOptions({ onSuccess: ({ seq, completedAt }) => console.log(seq, completedAt) }));
  return { tasks: data ?? [], complete };
}

export async function countOpen(url: string): Promise<number> {
  const queryClient = new QueryClient();
  const trpc = createTRPCOptionsProxy<AppRouter>({ client: createTRPCClient<AppRouter>({ links: [httpBatchLink({ url })] }), queryClient });
  // @ts-expect-error no such order
  void trpc.tasks.list.queryOptions({ sort: 'owner' });
  return (await queryClient.fetchQuery(trpc.tasks.counts.queryOptions())).open;
}
