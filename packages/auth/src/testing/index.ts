export { createAuthenticator } from './authenticator.ts';
export { signingKeyOf } from './signing-key.ts';
export { codeOf } from './totp.ts';
