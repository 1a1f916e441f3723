import { createServer } from 'node:http';
import { env } from 'node:process';
import Provider from 'oidc-provider';

// A program of its own: a provider where everybody can sign in with any name and any password. It prints its issuer when it listens.

const { CLIENT_ID = '', CLIENT_SECRET = '', REDIRECT_URI = '' } = env;
const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const issuer = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: CLIENT_ID, client_secret: CLIENT_SECRET, redirect_uris: [REDIRECT_URI] }],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    cookies: { keys: ['only for tests'] },
    findAccount: (_context, id) => {
      const email = id.includes('@') ? id : `${id}@provider.example`;
      return { accountId: id, claims: () => ({ sub: id, name: `The person ${id}`, email, email_verified: true }) };
    },
  });
  server.on('request', provider.callback());
  console.log(`listens: ${issuer}`);
});
