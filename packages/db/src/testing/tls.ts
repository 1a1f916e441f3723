import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';

/** A self-signed certificate for `localhost`, valid until 2126. It protects nothing. */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBlTCCATugAwIBAgIUYSIzFGLrVQ4hfT8s4tWmlKe18zswCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyODE2MTExOVoYDzIxMjYxMTA0
MTYxMTE5WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARYnJvRHtIg8hHTwlK1DnDaEVSvPeKaV7zfNPuRTzropZ4IKSuOh+hc
2+1wknu4iGdk9vxKCrAU7g7nt185HRj9o2kwZzAdBgNVHQ4EFgQUVpKUhoyzdji+
jzhhQ1Ga6fjIu+QwHwYDVR0jBBgwFoAUVpKUhoyzdji+jzhhQ1Ga6fjIu+QwDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
SAAwRQIhAJuCxa956T/811U/14cKoSDDLlxWxVOuvuLXq5vEzHUXAiB3rsFCKMaz
NBGPe7d+/nRnhBjsmoVWKXFOytJAgtSIfg==
-----END CERTIFICATE-----`;

const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgdmIEn36OyJH/PNyb
iUJZnxzx8bcVneVJlWQoLNJkDHehRANCAARYnJvRHtIg8hHTwlK1DnDaEVSvPeKa
V7zfNPuRTzropZ4IKSuOh+hc2+1wknu4iGdk9vxKCrAU7g7nt185HRj9
-----END PRIVATE KEY-----`;

export interface Gate extends AsyncDisposable {
  port: number;
  /** For each connection, whether it is or was encrypted. */
  encrypted: boolean[];
}

/** A proxy to PostgreSQL that replies to SSLRequest with these bytes and encrypts if they begin with S. Other connections are forwarded unchanged. */
export async function openGate(target: string, answer: string): Promise<Gate> {
  const { hostname, port } = new URL(target);
  const encrypted: boolean[] = [];
  const server = createServer((client) => {
    const number = encrypted.push(false) - 1;
    client.on('error', () => {});
    client.once('data', (first) => {
      const asksForTls = first.length === 8;
      const upstream = connect(Number(port), hostname).on('error', () => {});
      if (asksForTls) client.write(answer);
      else upstream.write(first);
      const secure = asksForTls && answer.startsWith('S');
      const end = secure ? new TLSSocket(client, { isServer: true, secureContext: createSecureContext({ key, cert: certificate }) }) : client;
      end.on('error', () => upstream.destroy()).on('close', () => upstream.destroy());
      end.once('secure', () => {
        encrypted[number] = true;
      });
      end.pipe(upstream).pipe(end);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    encrypted,
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}
