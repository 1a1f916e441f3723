import { script } from '@todo/db/testing';
import { afterAll, expect, inject, it } from 'vitest';
import { assault } from '../assault.ts';
import { LOW_LIMITS, unlimitedIn } from '../flood.ts';
import type { Invariant } from '../invariants/answers.ts';
import { allPairs, differenceOf, makeThings } from '../twins.ts';
import { createWorld, type World } from '../world.ts';
import { copyProgram } from './copy.ts';
import type { Mutant } from './mutant.ts';
import { mutants } from './mutants.ts';

/** The short form shows that two layers hold each other's place, and that the suite sees it when both are broken. */
const isLong = inject('drills') === 'long';
const chosen = isLong ? mutants : mutants.filter(({ what }) => what === 'both of these');
/** Rounds until something is found. */
const ROUNDS_MAX = 3;
const SEED = 1;

/** Invariants that a world breaks, and after how many calls. */
async function brokenIn(world: World, { at, found: expected }: Mutant): Promise<{ found: Set<Invariant>; calls: number }> {
  const found = new Set<Invariant>();
  const attacker = await world.attacker();
  let calls = 0;
  for (let seed = SEED; seed < SEED + (expected.length > 0 ? ROUNDS_MAX : 1) && found.size === 0; seed += 1) {
    const report = await assault(world, {
      seed,
      surfaces: ({ name }) => at.test(name),
      attackers: [attacker],
      cellsPerSurface: 200,
      actingRuns: 8,
      findingsMax: 3,
    });
    calls += report.calls;
    for (const { invariant } of report.findings) found.add(invariant);
  }
  if (expected.length > 0 && expected.every((invariant) => found.has(invariant))) return { found, calls };
  const things = await makeThings(world, 200);
  const before = JSON.stringify(await world.digest());
  const surfaces = world.surfaces.filter(({ name }) => at.test(name));
  for await (const pair of allPairs({ ...world, surfaces }, attacker.account, things, SEED))
    if ((await differenceOf(world, pair)) !== undefined) found.add('distinguishable');
  if (JSON.stringify(await world.digest()) !== before) found.add('rows changed');
  if (expected.includes('unlimited')) {
    await world.restart(LOW_LIMITS);
    if ((await unlimitedIn(world, attacker.account, 1)).length > 0) found.add('unlimited');
  }
  return { found, calls };
}

/** The rows of the table in attacks/README.md, by mutant. */
const rows = new Map<Mutant, string>();
afterAll(() => console.log(chosen.flatMap((mutant) => rows.get(mutant) ?? []).join('\n')));

it.each(chosen)('$layer: with $what, the suite finds what it must', { timeout: 1_200_000 }, async (mutant) => {
  using copy = mutant.edits ? copyProgram(mutant.edits) : undefined;
  // What is broken may end sessions of the victim.
  await using world = await createWorld({ size: 1, program: copy?.program });
  for (const text of mutant.sql ?? []) await script(world.database.superuserUrl, text);
  const { found, calls } = await brokenIn(world, mutant);
  rows.set(mutant, `| ${mutant.layer} | ${mutant.what} | ${[...found].sort().join(', ') || 'nothing'} | ${calls} |`);
  console.log(rows.get(mutant));
  if (mutant.found.length === 0) expect([...found]).toEqual([]);
  for (const invariant of mutant.found) expect([...found]).toContain(invariant);
});
