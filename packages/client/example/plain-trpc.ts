// The API by @trpc/client alone: `AppRouter` is only a type, so nothing of @todo/client runs.
import type { AppRouter, ServerReason } from '@todo/client';
import { createTRPCClient, httpBatchLink, httpSubscriptionLink, isTRPCClientError, splitLink } from '@trpc/client';
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';

type Edit = inferRouterInputs<AppRouter>['tasks']['edit'];
type Edited = inferRouterOutputs<AppRouter>['tasks']['edit'];

export function connect(url: string, jwt: string) {
  const headers = { authorization: `Bearer ${jwt}` };
  return createTRPCClient<AppRouter>({
    links: [splitLink({ condition: ({ type }) => type === 'subscription', true: httpSubscriptionLink({ url }), false: httpBatchLink({ url, headers }) })],
  });
}

type Api = ReturnType<typeof connect>;

export async function clearDescription(api: Api, id: string): Promise<number> {
  const edit: Edit = { id, description: null };
  const { seq }: Edited = await api.tasks.edit.mutate(edit);
  return seq;
}

export const titles = async (api: Api): Promise<string[]> => (await api.tasks.list.query()).items.map(({ title }) => title);

export const follow = (api: Api, cursor: string) =>
  api.sync.watch.subscribe(
    { cursor },
    {
      onData: ({ id, data }) => {
        for (const change of data.changes) if (change.entity === 'task') console.log(id, change.value?.title);
      },
    },
  );

export const reasonOf = (error: unknown): ServerReason | undefined => (isTRPCClientError<AppRouter>(error) ? error.data?.reason : undefined);

export function refused({ tasks }: Api): void {
  // @ts-expect-error a title cannot be cleared
  void tasks.edit.mutate({ id: '', title: null });
  // @ts-expect-error no input names an owner
  void tasks.create.mutate({ title: '', userId: '' });
  // @ts-expect-error what reads is no mutation
  void tasks.list.mutate;
}
