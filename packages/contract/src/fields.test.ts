import { describe, expect, it } from 'vitest';
import { type Input, procedures } from './index.ts';

const id = '0196b8f0-5c1a-7f3e-8a4b-1c2d3e4f5a6b';
const patch = (fields: Omit<Input<(typeof procedures.tasks)['edit']>, 'id'>) => procedures.tasks.edit.input.parse({ id, ...fields });

describe('a patch', () => {
  it('leaves omitted fields undefined, and clears null ones', () => {
    expect(patch({})).toEqual({ id });
    expect(Object.keys(patch({ title: 'New' }))).toEqual(['id', 'title']);
    expect(patch({ description: null })).toEqual({ id, description: '' });
  });

  it('clears no field that must be there, and takes no field that other procedures write', () => {
    const refused = (fields: object) => procedures.tasks.edit.input.safeParse({ id, ...fields }).error?.issues.map(({ path, code }) => [path.join(), code]);
    expect(refused({ title: null })).toEqual([['title', 'invalid_type']]);
    expect(refused({ completedAt: null })).toEqual([['', 'unrecognized_keys']]);
  });
});

describe('a time', () => {
  const to = (time: string) => procedures.history.rewind.input.safeParse({ to: time }).data?.to;

  it.each([
    ['2026-01-31T09:30:00Z', '2026-01-31T09:30:00.000Z'],
    ['2026-01-31T09:30:00+16:00', '2026-01-30T17:30:00.000Z'],
    ['2026-01-31T09:30:00-23:59', '2026-02-01T09:29:00.000Z'],
    [`2026-01-31T09:30:00.1239${'1'.repeat(300)}Z`, '2026-01-31T09:30:00.123Z'],
    ['1000-01-01T00:00:00Z', '1000-01-01T00:00:00.000Z'],
  ])('%s is %s', (time, expected) => {
    expect(to(time)).toBe(expected);
  });

  it.each([
    '2026-01-31',
    '2026-02-30T00:00:00Z',
    '2026-01-31T09:30:00',
    '2026-01-31T24:00:00Z',
    '0999-12-31T23:59:59Z',
    '1000-01-01T00:00:00+01:00',
    '9999-12-31T23:59:59-01:00',
  ])('%s is none', (time) => {
    expect(to(time)).toBeUndefined();
  });
});

describe('mutationId and groupId', () => {
  const complete = (fields: object) =>
    procedures.tasks.complete.input.safeParse({ id, ...fields }).error?.issues.map(({ path, message }) => [path.join(), message]);
  const rewind = (fields: object) =>
    procedures.history.rewind.input.safeParse({ to: 0, ...fields }).error?.issues.map(({ path, message }) => [path.join(), message]);

  it('go together: groupId requires mutationId', () => {
    expect(complete({ mutationId: id, groupId: id })).toBeUndefined();
    expect(complete({ groupId: id })).toEqual([['groupId', 'requires mutationId']]);
  });

  it('are not allowed in a dry run', () => {
    expect(rewind({ dryRun: true })).toBeUndefined();
    expect(rewind({ dryRun: true, mutationId: id, groupId: id })).toEqual([
      ['mutationId', 'cannot be combined with dryRun'],
      ['groupId', 'cannot be combined with dryRun'],
    ]);
  });
});
