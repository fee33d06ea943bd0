import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/runtime/worker*.test.ts', 'node_modules/**'],
    testTimeout: 120_000,
    pool: 'forks',
    // Vitest leaves one core to itself, which is half of a small machine.
    maxWorkers: '100%',
  },
})
