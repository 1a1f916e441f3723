import { randomUUID } from 'node:crypto';
import { codeOf, createAuthenticator } from '@todo/auth/testing';
import { newcomer, visitAs } from '../oidc/visit.ts';
import type { Member, Walk } from './walk.ts';

const LOCAL = { rpId: 'localhost', origin: 'http://localhost:3000' };
const newPassword = (): string => `a new horse ${randomUUID()}`;

interface AskedLink {
  token: string;
  secret: string;
}

const askForLink = async (walk: Walk): Promise<AskedLink> => {
  const { email } = await walk.signUp();
  const { secret } = await walk.post('request-sign-in-link', { email, binding: 'answer' });
  return { token: await walk.tokenOf(email, 'sign-in'), secret: String(secret) };
};

/** What is left for an attacker to try: it would still work for whoever has it. */
export interface Left {
  member: Member;
  jwt: string;
  resetToken: string;
  verificationToken: string;
  /** An invitation, and whom it is for. */
  invitation: string;
  invited: string;
  /** Somebody who has asked for another address, and the token that was sent there. */
  moving: Member;
  movingTo: string;
  changeToken: string;
  /** Two links that sign in, each with the secret of whoever has asked for it. */
  links: [AskedLink, AskedLink];
  /** Somebody with a second factor, and a recovery code that was not used. */
  guarded: Member;
  recoveryCode: string;
}

/** Everything by which people come to a secret. What each of them sends and gets is kept; a new way of signing in is a row more. */
export const flows: Record<string, (walk: Walk) => Promise<Partial<Left>>> = {
  'sign-up, and a JWT': async (walk) => {
    const ada = await walk.signUp();
    const { token } = Object(await (await walk.fetch('/api/auth/token', { headers: ada.headers })).json());
    await walk.fetch('/trpc/tasks.counts', { headers: { authorization: `Bearer ${token}` } });
    return { member: ada, jwt: String(token), verificationToken: await walk.tokenOf(ada.email, 'verify-email') };
  },
  'a wrong password, and a right one': async (walk) => {
    const { email, password } = await walk.signUp();
    const body = JSON.stringify({ email, password: newPassword() });
    await walk.fetch('/api/auth/sign-in/email', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    await walk.post('sign-in/email', { email, password });
    return {};
  },
  'a change of the password': async (walk) => {
    const ada = await walk.signUp();
    await walk.post('change-password', { currentPassword: ada.password, newPassword: newPassword() }, ada);
    return {};
  },
  'verification of an address, by session and with the password': async (walk) => {
    const [ada, ben] = [await walk.signUp(), await walk.signUp()];
    await walk.post('verify-email', { token: await walk.tokenOf(ada.email, 'verify-email') }, ada);
    const { email, password } = ben;
    await walk.post('sign-in/email', { email, password, verification: await walk.tokenOf(ben.email, 'verify-email') });
    return {};
  },
  'a change of the address, and a request for one that nobody follows': async (walk) => {
    const ada = await walk.signUp();
    const { password } = ada;
    const email = `${randomUUID()}@example.com`;
    await walk.post('request-email-change', { email, password }, ada);
    await walk.post('confirm-email-change', { email, token: await walk.tokenOf(email, 'change-email') }, ada);
    const other = `${randomUUID()}@example.com`;
    await walk.post('request-email-change', { email: other, password }, ada);
    return { moving: ada, movingTo: other, changeToken: await walk.tokenOf(other, 'change-email') };
  },
  'links that sign in: one by cookie, one by its secret, and two that nobody follows': async (walk) => {
    const { email } = await walk.signUp();
    const ask = (path: string, body: object, headers = {}) =>
      walk.fetch(`/api/auth/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: LOCAL.origin, ...headers },
        body: JSON.stringify(body),
      });
    const [cookie = ''] = (await ask('request-sign-in-link', { email })).headers.getSetCookie().map((line) => line.split(';', 1).join());
    await ask('sign-in/link', { token: await walk.tokenOf(email, 'sign-in') }, { cookie });
    await walk.post('sign-in/link', await askForLink(walk));
    return { links: [await askForLink(walk), await askForLink(walk)] };
  },
  'a second factor, with codes of the app and recovery codes': async (walk) => {
    const ada = await walk.signUp();
    const { email, password } = ada;
    const { secret } = await walk.post('second-factor/set-up', { password }, ada);
    await walk.post('second-factor/turn-on', { code: codeOf(String(secret), { later: -1 }) }, ada);
    const { recoveryCodes } = await walk.post('second-factor/recovery-codes', { password, code: codeOf(String(secret)) }, ada);
    await walk.post('sign-in/email', { email, password, code: codeOf(String(secret), { later: 1 }) });
    const [used, unused] = Array.isArray(recoveryCodes) ? recoveryCodes.map(String) : [];
    await walk.post('sign-in/email', { email, password, code: used });
    return { guarded: ada, recoveryCode: unused ?? '' };
  },
  'a passkey': async (walk) => {
    const ada = await walk.signUp();
    const device = createAuthenticator(LOCAL);
    const { options } = await walk.post('passkeys/add-options', { password: ada.password }, ada);
    await walk.post('passkeys/add', { name: 'Phone', response: device.create(Object(options)) }, ada);
    const asked = await walk.post('passkeys/sign-in-options', {});
    await walk.post('passkeys/sign-in', { response: device.get(Object(asked.options)) });
    return {};
  },
  'an invitation that was used, and one that was not': async (walk) => {
    const [used, unused] = [`${randomUUID()}@example.com`, `${randomUUID()}@example.com`];
    await walk.operate('users', 'invite', used);
    await walk.operate('users', 'invite', unused);
    await walk.signUp({ email: used, invitation: await walk.tokenOf(used, 'invitation') });
    return { invited: unused, invitation: await walk.tokenOf(unused, 'invitation') };
  },
  'a password of the operator': async (walk) => {
    const { email } = await walk.signUp();
    const password = /shown only now: (\S+)\n/.exec(await walk.operate('users', 'reset-password', email))?.[1];
    await walk.post('sign-in/email', { email, password });
    return {};
  },
  'a provider': async (walk) => {
    for (const value of ['an access token', 'a refresh token']) walk.secrets.keep('the provider', value);
    const ada = await walk.signUp();
    await visitAs(walk, walk.provider, newcomer(), {});
    await visitAs(walk, walk.provider, newcomer(), { body: { provider: 'oidc', password: ada.password }, cookie: ada.cookie });
    return {};
  },
  'a password reset that was used': async (walk) => {
    const { email } = await walk.signUp();
    await walk.post('request-password-reset', { email });
    await walk.post('reset-password', { token: await walk.tokenOf(email, 'reset-password'), newPassword: newPassword() });
    return {};
  },
  // The last one: its mail waits in the database.
  'a password reset that was not used': async (walk) => {
    const { email } = await walk.signUp();
    walk.mailServer.behaviour = 'busy';
    await walk.post('request-password-reset', { email });
    return { resetToken: await walk.tokenOf(email, 'reset-password') };
  },
};
