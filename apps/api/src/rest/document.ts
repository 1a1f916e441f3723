import { newAccount, reasons } from '@todo/contract';
import { z } from 'zod';
import { commentsOf } from './comments.ts';
import { parametersOf } from './input.ts';
import { createJsonSchemas, type JsonSchema, type Operation } from './operations.ts';
import { PROBLEM_TYPE } from './problem.ts';

const DEFINITIONS = '#/definitions/';
const COMPONENTS = '#/components/schemas/';
const ref = (name: string) => ({ $ref: `${COMPONENTS}${name}` });
const json = (schema: object) => ({ 'application/json': { schema } });

const about = `A todo backend for many users. Everything has one owner: the user who is signed in.

Sign in with the session cookie, or with \`Authorization: Bearer\` and the session token that a sign-in returns in \`set-auth-token\`, or with a JWT from
\`/api/auth/token\`. Errors are problem details of RFC 9457; \`reason\` is for programs. With \`Idempotency-Key\`, a UUID, a change
can be sent again: it is not applied again, and the first result is returned. In a query the properties of an object are separate parameters, such as \`due.from\`, and \`null\` stands for null.`;

const problem = {
  type: 'object',
  description: 'Problem details of RFC 9457',
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string', format: 'uri', description: 'The id of the request' },
    reason: { type: 'string', enum: Object.keys(reasons) },
    path: { type: 'string', description: 'The procedure, such as tasks.edit' },
    fields: { type: 'object', additionalProperties: { type: 'array', items: { type: 'string' } }, description: 'INVALID_INPUT: what is wrong, by field' },
    retryAfterSeconds: { type: 'integer' },
    quota: { type: 'string', enum: ['tasks', 'bytes', 'lists'] },
    seq: { type: 'integer', description: 'ALREADY_APPLIED: the log position at which the call was complete' },
    index: { type: 'integer', description: 'The index of the item that was refused, from 0' },
  },
  required: ['type', 'title', 'status', 'detail', 'instance', 'reason'],
};

const pathParameter = { name: 'id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } };
const keyParameter = {
  name: 'Idempotency-Key',
  in: 'header',
  description: 'Names this call and no other, and stands for `mutationId`',
  schema: { type: 'string', format: 'uuid' },
};
const failures = { default: { description: 'The reason why nothing was changed', content: { [PROBLEM_TYPE]: { schema: ref('Problem') } } } };

/** Collects the named schemas. */
function createComponents() {
  const schemas = new Map<string, object>([['Problem', problem]]);
  /** References the schema by its own id, or else by the given name. */
  const add = (name: string, { definitions, ...schema }: JsonSchema) => {
    const here: Record<string, unknown> = { ...Object(definitions), ...(schema.$ref === undefined && { [name]: schema }) };
    for (const [each, value] of Object.entries(here)) schemas.set(each, JSON.parse(JSON.stringify(value).replaceAll(`"${DEFINITIONS}`, `"${COMPONENTS}`)));
    return ref(schema.$ref?.slice(DEFINITIONS.length) ?? name);
  };
  return { schemas, add };
}

const user = z.object({ id: z.string(), name: z.string(), email: z.string() });
const { name, email, password } = newAccount.shape;

/** How a program gets the credentials of a user, by Better Auth. */
const accounts = [
  { path: '/api/auth/sign-up/email', id: 'signUp', summary: 'Creates an account and signs in', input: z.strictObject({ name, email, password }) },
  { path: '/api/auth/sign-in/email', id: 'signIn', summary: 'Signs in to an account', input: z.strictObject({ email, password }) },
];

const nameOf = (procedure: string) => procedure.replace(/^[a-z]|\.[a-z]/g, (text) => text.slice(-1).toUpperCase());

/** The description of the API, as OpenAPI 3.0. */
export function documentOf(operations: readonly Operation[], baseUrl: string): object {
  const { schemas, add } = createComponents();
  const jsonSchemaOf = createJsonSchemas();
  const paths: Record<string, Record<string, object>> = {};
  const comments = new Map([...new Set(operations.map(({ procedure }) => procedure.split('.')[0] ?? ''))].map((group) => [group, commentsOf(group)]));

  for (const { path, id, summary, input } of accounts) {
    const headers = { 'set-auth-token': { description: 'The session token', schema: { type: 'string' } } };
    const answer = { description: 'The user', headers, content: json(add(`${nameOf(id)}Output`, jsonSchemaOf(z.object({ user }), 'output'))) };
    const requestBody = { required: true, content: json(add(`${nameOf(id)}Input`, jsonSchemaOf(input, 'input'))) };
    paths[path] = { post: { operationId: id, tags: ['account'], summary, security: [], requestBody, responses: { 200: answer } } };
  }

  for (const { procedure, kind, method, path, takesId, input, output } of operations) {
    const [group = '', verb = ''] = procedure.split('.');
    const description = comments.get(group)?.get(verb) ?? '';
    const hasBody = method === 'post' || method === 'patch';
    const parameters = [
      ...(takesId ? [pathParameter] : []),
      ...(kind === 'mutation' ? [keyParameter] : []),
      ...(hasBody
        ? []
        : parametersOf(input).map(({ name, required, schema: { description, ...schema } }) => ({ name, in: 'query', required, description, schema }))),
    ];
    const operation = {
      operationId: procedure.replace('.', '_'),
      tags: [group],
      summary: description.split(/\.(?: |$)/)[0],
      description,
      parameters,
      ...(hasBody && { requestBody: { required: true, content: json(add(`${nameOf(procedure)}Input`, input)) } }),
      responses: {
        200: { description: 'The result', content: json(add(`${nameOf(procedure)}Output`, output)) },
        ...failures,
      },
    };
    paths[`/api/v1${path}`] = { ...paths[`/api/v1${path}`], [method]: operation };
  }

  return {
    openapi: '3.0.3',
    info: { title: 'Todo', version: '1', description: about, license: { name: 'MIT' } },
    servers: [{ url: baseUrl }],
    security: [{ bearer: [] }],
    paths,
    components: {
      schemas: Object.fromEntries(schemas),
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
    },
  };
}
