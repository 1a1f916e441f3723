import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { AuthOptions } from '@todo/auth';

export type ProviderSettings = NonNullable<AuthOptions['providers']>[number];

export interface ProviderProgram extends AsyncDisposable {
  settings: ProviderSettings;
}

/** Starts a real provider of OpenID Connect as a program of its own, for a server at this URL. */
export async function startProvider(serverUrl: string): Promise<ProviderProgram> {
  const client = { clientId: 'todo', clientSecret: 'a secret of a client: with+special/characters' };
  const env = { CLIENT_ID: client.clientId, CLIENT_SECRET: client.clientSecret, REDIRECT_URI: `${serverUrl}/api/auth/callback/oidc` };
  const child = spawn(process.execPath, [join(import.meta.dirname, 'program.ts')], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  let output = '';
  const issuer = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += String(chunk);
        const [, found] = /^listens: (\S+)\n/m.exec(output) ?? [];
        if (found) resolve(found);
      });
    void closed.then(() => reject(new Error(`The provider has ended:\n${output}`)));
  });
  return {
    settings: { id: 'oidc', name: 'Example', issuer, ...client },
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await closed;
    },
  };
}
