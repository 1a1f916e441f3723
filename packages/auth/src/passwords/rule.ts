import { PASSWORD_MAX_CHARACTERS, PASSWORD_MIN_CHARACTERS } from '@todo/contract';
import { APIError } from 'better-auth/api';
import type { IsCommon, Person } from './common.ts';

/** A request as Better Auth's hooks get it. */
interface Asked {
  path?: string | undefined;
  body?: { newPassword?: unknown; token?: unknown } | undefined;
  headers?: Headers | undefined;
  context: {
    internalAdapter: {
      findSession(token: string): Promise<{ user: Person } | null>;
      findVerificationValue(identifier: string): Promise<{ value: string } | null>;
      findUserById(id: string): Promise<Person | null>;
    };
  };
}

export const hasLength = (password: string) => password.length >= PASSWORD_MIN_CHARACTERS && password.length <= PASSWORD_MAX_CHARACTERS;

export interface PasswordRule {
  /** Throws an APIError. Better Auth checks the length. */
  check(password: string, person: Person): void;
  /** The same for the `newPassword` of a request, of whatever endpoint: whose it is, the token of a mail says, or the session. */
  checkNew(asked: Asked): Promise<void>;
}

export function createPasswordRule(isCommon: IsCommon, sessionTokenOf: (headers: Headers) => string | undefined): PasswordRule {
  const check = (password: string, person: Person) => {
    if (!hasLength(password) || !isCommon(password, person)) return;
    const message = 'This password is one of those that attackers try first. Choose one that is not common, and not your name or e-mail address.';
    throw new APIError('BAD_REQUEST', { code: 'PASSWORD_TOO_COMMON', message });
  };

  const personOf = async ({ body, headers, context: { internalAdapter } }: Asked): Promise<Person | null | undefined> => {
    if (typeof body?.token === 'string') {
      const verification = await internalAdapter.findVerificationValue(`reset-password:${body.token}`);
      return verification && internalAdapter.findUserById(verification.value);
    }
    const token = headers && sessionTokenOf(headers);
    return token === undefined ? undefined : (await internalAdapter.findSession(token))?.user;
  };

  return {
    check,
    checkNew: async (asked) => {
      const password = asked.body?.newPassword;
      if (typeof password !== 'string') return;
      check(password, (await personOf(asked)) ?? { email: '', name: '' });
    },
  };
}
