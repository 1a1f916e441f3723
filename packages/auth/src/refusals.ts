import { findFailure } from '@todo/db';

/** The answer to a wrong password. */
export const answerWrong = () => Response.json({ message: 'Invalid email or password', code: 'INVALID_EMAIL_OR_PASSWORD' }, { status: 401 });

/** Gives a disabled user the answer to a wrong password, so that nobody learns whether there is such an account. */
export function answerDisabled(error: unknown): Response {
  if (findFailure(error)?.reason !== 'USER_DISABLED') throw error;
  return answerWrong();
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Better Auth refuses addresses that are no text without a code. Clients and programs read the code. */
export async function withCode(answer: Response): Promise<Response> {
  if (answer.status !== 400) return answer;
  const body: unknown = await answer
    .clone()
    .json()
    .catch(() => undefined);
  if (!isObject(body) || 'code' in body) return answer;
  return Response.json({ ...body, code: 'INVALID_INPUT' }, { status: answer.status, headers: answer.headers });
}
