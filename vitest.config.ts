import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { PlainSummary } from './vitest.summary.ts';

const workspaces = {
  contract: 'packages/contract',
  db: 'packages/db',
  auth: 'packages/auth',
  client: 'packages/client',
  ops: 'packages/ops',
  api: 'apps/api',
  bench: 'bench',
};

/** Far more than a test needs on a quiet machine: only what hangs reaches these limits. */
const limits = { testTimeout: 240_000, hookTimeout: 240_000, expect: { poll: { timeout: 60_000 } } };

export default defineConfig({
  test: {
    globalSetup: './vitest.postgres.ts',
    // More than there are cores: drills wait most of the time.
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
    reporters: ['default', new PlainSummary()],
    projects: [
      ...Object.entries(workspaces).map(([name, root]) => ({
        test: { ...limits, name, root, isolate: false, include: ['src/**/*.test.ts'], exclude: ['src/**/*.drill.test.ts'] },
      })),
      {
        test: {
          ...limits,
          name: 'drills',
          isolate: false,
          include: ['{packages,apps}/*/src/**/*.drill.test.ts'],
          provide: { drills: process.env.TODO_DRILLS === 'long' ? 'long' : 'short' },
        },
      },
    ],
  },
});
