import { randomUUID } from 'node:crypto';
import { procedures as contract, type Procedure } from '@todo/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Person, startTestApi, type TestApi } from '../testing/api.ts';
import { calls } from '../testing/calls.ts';
import { prepareInput } from '../testing/given.ts';
import { call, procedures } from '../testing/procedures.ts';

let api: TestApi;
let ada: Person;
beforeAll(async () => {
  api = await startTestApi();
  ada = await api.signUp();
});
afterAll(() => api[Symbol.asyncDispose]());

const outputs = new Map<string, z.ZodType>(
  Object.entries(contract).flatMap(([group, members]) => Object.entries<Procedure>(members).map(([name, { output }]) => [`${group}.${name}`, output])),
);
const answered = z.object({ result: z.object({ data: z.unknown() }) });
const answerTo = async (path: string, input: unknown) => {
  const response = await call(api, path, input, ada.headers.jwt);
  expect(response.status).toBe(200);
  return answered.parse(await response.json()).result.data;
};

const head = async () => (await ada.client.jwt.history.list.query({ limit: 1 })).items[0]?.seq ?? 0;
const positioned = z.object({ seq: z.int() });

const rows = Object.entries(calls).flatMap(([path, variants]) => Object.entries(variants).map(([name, row]) => ({ path, name, ...row })));

describe.each(rows)('$path, $name,', ({ path, on, input }) => {
  it('answers what the contract says and nothing else, in the form that the contract says', async () => {
    const given = input(await prepareInput(ada, on));
    const answer = await answerTo(path, given);
    expect(outputs.get(path)?.parse(answer)).toEqual(answer);
  });

  if (procedures.get(path)?.type === 'mutation') {
    it('says the log position at which it is complete, and says the same again when it is repeated later', async () => {
      const given: Record<string, unknown> = { ...input(await prepareInput(ada, on)) };
      const isTrial = given.dryRun === true;
      const named = isTrial ? given : { mutationId: randomUUID(), groupId: randomUUID(), ...given };
      const first = await answerTo(path, named);
      expect(positioned.parse(first).seq).toBe(await head());
      if (isTrial) return;
      await ada.client.jwt.tasks.create.mutate({ title: 'Later' });
      expect(await answerTo(path, named)).toEqual(first);
    });

    it('says the present position when there is nothing to repeat', async () => {
      const answer = await answerTo(path, input(await prepareInput(ada, on)));
      expect(positioned.parse(answer).seq).toBe(await head());
    });
  }
});
