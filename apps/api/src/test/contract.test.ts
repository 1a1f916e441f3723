import { procedures as contract, type Procedure } from '@todo/contract';
import { describe, expect, it } from 'vitest';
import { procedures } from '../testing/procedures.ts';

const declared = new Map<string, Procedure>(
  Object.entries(contract).flatMap(([group, members]) => Object.entries<Procedure>(members).map(([name, procedure]) => [`${group}.${name}`, procedure])),
);

it('the server has every procedure of the contract, and no other', () => {
  expect([...procedures.keys()].sort(), 'lines of apps/api/src/router.ts').toEqual([...declared.keys()].sort());
});

describe.each([...declared])('%s', (path, { kind, input }) => {
  it('is of the kind that the contract says, and checks its input by the very schema', () => {
    const built = procedures.get(path);
    expect(built?.type).toBe(kind);
    expect(built?.inputs).toHaveLength(1);
    expect(built?.inputs[0]).toBe(input);
  });
});
