import { describe, expect, it } from 'vitest';
import { readEnv } from './env.ts';

const own = { OIDC_ISSUER: 'https://accounts.example.com', OIDC_CLIENT_ID: 'todo' };
const work = { id: 'work', name: 'Work', issuer: 'https://login.example.com/realms/work', clientId: 'todo', clientSecret: 'x' };
const listed = (...providers: object[]) => ({ OIDC_PROVIDERS: JSON.stringify(providers) });

describe('providers in the settings', () => {
  it('are one, named after its host, and a list of more', () => {
    expect(readEnv({ ...own, OIDC_CLIENT_SECRET: 'x', ...listed(work) }).providers).toEqual([
      { id: 'oidc', name: 'accounts.example.com', issuer: 'https://accounts.example.com', clientId: 'todo', clientSecret: 'x' },
      work,
    ]);
    expect(readEnv({ ...own, OIDC_NAME: 'Example' }).providers[0]).toMatchObject({ name: 'Example', clientSecret: undefined });
    expect(readEnv(listed(work)).providers).toEqual([work]);
  });

  it.each(['http://localhost:8080/realms/x', 'http://127.0.0.1:9', 'http://[::1]:9', 'https://HOST.example/application/o/todo/'])(
    'may be at %s',
    (OIDC_ISSUER) => {
      expect(readEnv({ ...own, OIDC_ISSUER }).providers).toMatchObject([{ issuer: OIDC_ISSUER }]);
    },
  );

  const wrong: [Record<string, string>, string][] = [
    [{ ...own, OIDC_ISSUER: 'http://accounts.example.com' }, 'OIDC_ISSUER: must begin with https://, unless the provider runs on this machine'],
    [{ ...own, OIDC_ISSUER: 'accounts.example.com' }, 'OIDC_ISSUER: must be an address such as https://accounts.example.com'],
    [
      { ...own, OIDC_ISSUER: 'https://accounts.example.com/.well-known/openid-configuration' },
      'OIDC_ISSUER: must be the issuer alone, without /.well-known/openid-configuration',
    ],
    [{ OIDC_ISSUER: own.OIDC_ISSUER }, 'OIDC_CLIENT_ID: must be set with OIDC_ISSUER'],
    [{ OIDC_CLIENT_SECRET: 'x' }, 'OIDC_ISSUER: must be set with the other settings of the provider'],
    [{ OIDC_PROVIDERS: '{' }, 'OIDC_PROVIDERS: must be a list in JSON'],
    [listed({ ...work, id: 'Work place' }), 'OIDC_PROVIDERS: must be of small letters, digits and hyphens'],
    [listed({ ...work, clientId: undefined }), 'OIDC_PROVIDERS: must be set'],
    [listed({ ...work, secret: 'x' }), 'OIDC_PROVIDERS: Unrecognized key: "secret"'],
    [listed(work, { ...work, issuer: 'https://other.example' }), 'OIDC_PROVIDERS: each must have an id of its own; that of OIDC_ISSUER is oidc'],
    [{ ...own, ...listed({ ...work, issuer: `${own.OIDC_ISSUER}/` }) }, 'OIDC_PROVIDERS: each must have an issuer of its own'],
    [listed(...Array.from({ length: 9 }, (_, i) => ({ ...work, id: `${i}` }))), 'OIDC_PROVIDERS: must name at most 8'],
  ];
  it.each(wrong)('%j are refused', (settings, message) => {
    expect(() => readEnv(settings)).toThrow(message);
  });
});
