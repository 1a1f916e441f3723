import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongFirst } from './vitest.sequencer.ts';
import { PlainSummary } from './vitest.summary.ts';

/** Far more than a test needs on a quiet machine: only what hangs reaches these limits. */
const TEST_LIMIT_MS = 240_000;
const POLL_LIMIT_MS = 60_000;

export default defineConfig({
  test: {
    globalSetup: './vitest.postgres.ts',
    include: ['{packages/*,apps/*,bench,attacks}/src/**/*.test.ts'],
    testTimeout: TEST_LIMIT_MS,
    hookTimeout: TEST_LIMIT_MS,
    expect: { poll: { timeout: POLL_LIMIT_MS } },
    // The files of a worker share the modules that they load.
    isolate: false,
    // More than there are cores: drills wait most of the time.
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
    sequence: { sequencer: LongFirst },
    provide: { drills: process.env.TODO_DRILLS === 'long' ? 'long' : 'short' },
    reporters: ['default', new PlainSummary()],
  },
});
