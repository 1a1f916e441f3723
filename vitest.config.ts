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

export default defineConfig({
  test: {
    globalSetup: './vitest.postgres.ts',
    // Vitest leaves one core free by default, which is half of a machine with two.
    maxWorkers: '100%',
    reporters: ['default', new PlainSummary()],
    projects: [
      ...Object.entries(workspaces).map(([name, folder]) => ({
        test: {
          name,
          root: folder,
          isolate: false,
          include: ['src/**/*.test.ts'],
          exclude: ['src/**/*.drill.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      })),
      // They kill, fill and restart things, one after another.
      {
        test: {
          name: 'drills',
          include: ['{packages,apps}/*/src/**/*.drill.test.ts'],
          fileParallelism: false,
          testTimeout: 240_000,
          hookTimeout: 60_000,
          provide: { drills: process.env.TODO_DRILLS === 'long' ? 'long' : 'short' },
        },
      },
    ],
  },
});
