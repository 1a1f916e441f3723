import { BASE_URL, json, type TestApi } from '../api.ts';
import type { Left } from './flows.ts';

/** A way to come in with something that was found. */
interface Opener {
  /** Whether this value opened something. */
  opens(value: string): Promise<boolean>;
  /** What does open it, tried when everything else was. */
  genuine: string;
  /** Tries only what is in rows with this text, because an attempt takes long. */
  rowsWith?: string;
}

interface Target {
  api: TestApi;
  /** Takes every password for the right one, so that what is asked for beside it can be tried quickly. */
  knowing: TestApi;
  left: Left;
}

/** A header cannot hold every character. */
const asHeader = (text: string) => encodeURIComponent(text).replaceAll('%2E', '.');

/** Everything that takes a secret. A new kind of token is a row more. */
export function openersOf({ api, knowing, left }: Target): Record<string, Opener> {
  const counts = async (headers: Record<string, string>) => (await api.fetch('/trpc/tasks.counts', { headers })).ok;
  const post = async (path: string, body: object, at = api, headers: Record<string, string> = {}) =>
    (await at.fetch(`/api/auth/${path}`, { ...json(body), headers: { ...json({}).headers, origin: BASE_URL, ...headers } })).ok;
  const { member, guarded, jwt } = left;
  const [signed = ''] = /[^ ]+$/.exec(member.headers.authorization) ?? [];
  const [header, claims] = jwt.split('.');
  return {
    'a session token, by header': {
      opens: async (value) =>
        (await counts({ authorization: `Bearer ${asHeader(value)}` })) || counts({ authorization: `Bearer ${asHeader(`${value}.${value}`)}` }),
      genuine: signed,
    },
    'a session token, by cookie': { opens: (value) => counts({ cookie: `better-auth.session_token=${asHeader(value)}` }), genuine: signed },
    'a signature of a session token': {
      opens: (value) => counts({ authorization: `Bearer ${signed.split('.')[0]}.${asHeader(value)}` }),
      genuine: signed.split('.')[1] ?? '',
    },
    'a JWT': { opens: (value) => counts({ authorization: `Bearer ${asHeader(value)}` }), genuine: jwt },
    'a signature of a JWT': { opens: (value) => counts({ authorization: `Bearer ${header}.${claims}.${asHeader(value)}` }), genuine: jwt.split('.')[2] ?? '' },
    'a token to verify an address': { opens: (token) => post('verify-email', { token }, api, member.headers), genuine: left.verificationToken },
    'a token to reset a password': { opens: (token) => post('reset-password', { token, newPassword: 'a stolen horse battery' }), genuine: left.resetToken },
    'a token to change the address': {
      opens: (token) => post('confirm-email-change', { email: left.movingTo, token }, api, left.moving.headers),
      genuine: left.changeToken,
    },
    'a token of a link that signs in': {
      opens: (token) => post('sign-in/link', { token, secret: left.links[0].secret }),
      genuine: left.links[0].token,
    },
    'the secret of whoever has asked for such a link': {
      opens: (secret) => post('sign-in/link', { token: left.links[1].token, secret }),
      genuine: left.links[1].secret,
    },
    'an invitation': {
      opens: (invitation) => post('sign-up/email', { name: 'Eve', email: left.invited, password: 'a stolen horse battery', invitation }),
      genuine: left.invitation,
    },
    'a recovery code': { opens: (code) => post('sign-in/email', { email: guarded.email, password: 'any horse', code }, knowing), genuine: left.recoveryCode },
    'a password': { opens: (password) => post('sign-in/email', { email: member.email, password }), genuine: member.password, rowsWith: member.userId },
  };
}
