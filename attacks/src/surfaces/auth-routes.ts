import { createAuth, routes } from '@todo/auth';
import { accountChange, newAccount, passwordReset, passwordResetRequest, revokedSession, signInCode, signInVerification } from '@todo/contract';
import type { Database } from '@todo/db';
import fc from 'fast-check';
import { z } from 'zod';
import type { Attack } from '../http/send.ts';
import { render } from '../inputs/render.ts';
import { attackOn, describeSchema, extended, fieldsOf, type JsonSchema, likely, type Pool, withLogin } from '../inputs/values.ts';
import { jsonBody, parametersOf, type Surface } from './surface.ts';

const isZod = (value: unknown): value is z.ZodType => typeof value === 'object' && value !== null && '_zod' in value;

/** The members of all alternatives of a schema. */
const membersOf = (schema: JsonSchema): [string, JsonSchema][] => [
  ...Object.entries(schema.properties ?? {}).flatMap(([name, each]): [string, JsonSchema][] => (typeof each === 'object' ? [[name, each]] : [])),
  ...[...(schema.anyOf ?? []), ...(schema.allOf ?? [])].flatMap((each) => (typeof each === 'object' ? membersOf(each) : [])),
];

/** Those of its fields, and of all alternatives, that an input must have. */
const requiredIn = (schema: JsonSchema): string[] => [
  ...(schema.required ?? []),
  ...[...(schema.anyOf ?? []), ...(schema.allOf ?? [])].flatMap((each) => (typeof each === 'object' ? requiredIn(each) : [])),
];

const jsonOf = (schema: unknown): JsonSchema | undefined => (isZod(schema) ? z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) : undefined);

/** What Better Auth's endpoints and the contract say about inputs, by `METHOD /path`. */
function declaredBy(endpoints: object): Map<string, JsonSchema> {
  const found = Object.values(endpoints).flatMap((endpoint): [string, JsonSchema][] => {
    const { path, options } = Object(endpoint);
    const schema = jsonOf(options?.body) ?? jsonOf(options?.query);
    return path && schema ? [options.method].flat().map((method) => [`${method} ${path}`, schema]) : [];
  });
  return new Map(found);
}

/** The endpoints of Better Auth that are on. One that declares no input gets every field that any of them knows. */
export async function authSurfaces(database: Database, baseUrl: string): Promise<Surface[]> {
  const auth = await createAuth({ identity: database.identity, secret: 'x'.repeat(32), baseUrl, trustedOrigins: [], signInsPerMinute: 0, log: () => {} });
  const declared = declaredBy(auth.endpoints);
  const fieldsIn = (schema: z.ZodType) => membersOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }));
  const ofContract = [newAccount, accountChange, passwordReset, passwordResetRequest, revokedSession].flatMap(fieldsIn);
  const ofSignIn = [signInCode, signInVerification].flatMap(fieldsIn);
  const known = Object.fromEntries([...[...declared.values()].flatMap(membersOf), ...ofContract, ...ofSignIn]);
  return [...routes.keys()].map((route): Surface => {
    const [method = '', place = ''] = route.split(' ');
    const says = declared.get(route) ?? {};
    const own = Object.fromEntries([...membersOf(says), ...(route === 'POST /sign-in/email' ? ofSignIn : [])]);
    const properties = Object.keys(own).length > 0 ? own : known;
    const described = describeSchema({ type: 'object', properties, required: requiredIn(says) });
    const path = `/api/auth${place.replace(/:\w+/g, 'x')}`;
    const inputsFor = (field: string, pool: Pool) => {
      const attacks = attackOn(described, field, pool);
      const signIns = (inputs: fc.Arbitrary<unknown>) =>
        'password' in properties ? [inputs.chain((input) => withLogin(input, field, described.schema, pool))] : [];
      if (field !== '') return fc.oneof(attacks, ...signIns(attacks));
      return fc.oneof(attacks, extended(described, pool), ...signIns(likely('', described.schema, described.definitions, pool)));
    };
    const asQuery = (input: unknown): Attack => ({
      method,
      path: `${path}?${parametersOf(input)
        .map((each) => each.slice(0, 3_000))
        .join('&')}`.slice(0, 8_000),
      headers: {},
    });
    const asBody = (input: unknown): Attack => ({ method: 'POST', path, headers: jsonBody, body: render(input) });
    return {
      name: route,
      kind: 'sign-in',
      fields: fieldsOf(described),
      described,
      isDeclared: Object.keys(own).length > 0,
      plain: (input) => [method === 'GET' ? asQuery(input) : asBody(input)],
      requests: (field, pool) =>
        inputsFor(field, pool).chain((input) => {
          const usual = () => (method === 'GET' ? asQuery(input) : asBody(input));
          const others: (() => Attack)[] = [
            () => ({ ...asBody(input), headers: { 'content-type': 'text/plain' } }),
            () => ({ ...asBody(input), headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: asQuery(input).path.split('?', 2)[1] }),
            () => ({ ...asBody(input), headers: { ...jsonBody, origin: 'https://example.org' } }),
            () => ({ ...asQuery(input), method: method === 'GET' ? 'POST' : 'GET' }),
            () => ({ ...usual(), path: usual().path.replace(path, `${path}/`) }),
          ];
          return fc.oneof({ weight: 5, arbitrary: fc.constant(usual) }, fc.constantFrom(...others)).map((make) => make());
        }),
    };
  });
}
