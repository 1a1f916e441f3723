import { expect } from 'vitest';
import { z } from 'zod';

const problem = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string(),
  reason: z.string(),
  path: z.string().optional(),
  fields: z.record(z.string(), z.array(z.string())).optional(),
  retryAfterSeconds: z.int().optional(),
  index: z.int().optional(),
});

/** The problem details in a response, which must fit its status and its request. */
export async function problemIn(response: Response) {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const found = problem.parse(await response.json());
  expect(found).toMatchObject({
    status: response.status,
    type: `urn:todo:reason:${found.reason}`,
    instance: `urn:uuid:${response.headers.get('x-request-id')}`,
  });
  return found;
}

/** 'ok', or the reason of the problem. */
export const problemOutcome = async (response: Response) => (response.ok ? 'ok' : (await problemIn(response)).reason);
