import { defineConfig } from 'vitest/config'

/** `fast` and `tidy` are what `npm run check` runs; `server` needs a real Postgres, which npm brings. */
export default defineConfig({
  test: {
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'fast',
          include: ['**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**', '**/*.postgres.test.ts', '**/*.engines.test.ts', 'testing/src/tidy/**'],
        },
      },
      { extends: true, test: { name: 'tidy', include: ['testing/src/tidy/*.test.ts'] } },
      {
        extends: true,
        test: {
          name: 'server',
          include: ['**/*.postgres.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**'],
          fileParallelism: false,
        },
      },
    ],
  },
})
