import { defineConfig } from 'vitest/config'

/**
 * `fast` and `tidy` are what `npm run check` runs. `slow` starts and kills processes, damages files byte by
 * byte and waits out real retries; `server` needs a real Postgres, which npm brings.
 */
const NEVER = ['**/node_modules/**', '**/dist/**']

/** A shared machine may stand still for seconds under a test that kills and waits; what fails twice there has failed. */
const RETRIES = process.env['CI'] === undefined ? 0 : 1

export default defineConfig({
  test: {
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    setupFiles: ['testing/src/same-cases.ts'],
    retry: RETRIES,
    projects: [
      {
        extends: true,
        test: {
          name: 'fast',
          include: ['**/*.test.ts'],
          exclude: [...NEVER, '**/*.slow.test.ts', '**/*.postgres.test.ts', '**/*.engines.test.ts', 'testing/src/tidy/**'],
        },
      },
      { extends: true, test: { name: 'tidy', include: ['testing/src/tidy/*.test.ts'] } },
      { extends: true, test: { name: 'slow', include: ['**/*.slow.test.ts'], exclude: NEVER } },
      { extends: true, test: { name: 'server', include: ['**/*.postgres.test.ts'], exclude: NEVER } },
    ],
  },
})
