import { defineConfig } from 'vitest/config'

/** `npm run test:engines`: what needs an engine that npm does not bring. Kept apart, so that `npm test` runs everywhere. */
export default defineConfig({
  test: {
    testTimeout: 180_000,
    hookTimeout: 120_000,
    include: ['**/*.engines.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    fileParallelism: false,
    retry: process.env['CI'] === undefined ? 0 : 1,
  },
})
