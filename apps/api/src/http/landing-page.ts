import { html, raw } from 'hono/html';

const pathOf = (baseUrl: string) => new URL(baseUrl).pathname.replace(/\/$/, '');

/** Its only inline style, which the content security policy names by its hash. */
export const landingStyle = `
      body { font: 1rem/1.6 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem; color-scheme: light dark; }
      pre { overflow-x: auto; padding: 1rem; border: 1px solid; border-radius: 0.5rem; }
    `;

export const landingPage = (baseUrl: string) => html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width" />
    <title>Todo</title>
    <style>${raw(landingStyle)}</style>
  </head>
  <body>
    <h1>Todo</h1>
    <p>This multi-user task backend is running. Every task has one owner: the user who signed in.</p>
    <p>Sign up and create a task:</p>
    <pre>curl -c jar -H 'content-type: application/json' ${baseUrl}/api/auth/sign-up/email \\
  -d '{"name":"Ada","email":"ada@example.com","password":"correct horse"}'
curl -b jar -H 'content-type: application/json' ${baseUrl}/trpc/tasks.create -d '{"title":"Buy milk"}'
curl -b jar ${baseUrl}/trpc/tasks.list</pre>
    <ul>
      <li><a href="${pathOf(baseUrl)}/readyz">/readyz</a>: whether the database is reachable</li>
      <li><a href="${pathOf(baseUrl)}/api/docs">/api/docs</a>: the REST API, to read and to try; <a href="${pathOf(baseUrl)}/openapi.json">/openapi.json</a> describes it for programs</li>
      <li><a href="${pathOf(baseUrl)}/api/auth/jwks">/api/auth/jwks</a>: public keys that verify its JWTs</li>
      <li>README.md: the typed client, the commands and the map of the code</li>
    </ul>
  </body>
</html>`;
