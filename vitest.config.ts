import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/runtime/worker*.test.ts', 'node_modules/**'],
    setupFiles: ['./test/support/property-seed.ts'],
    testTimeout: 120_000,
    pool: 'forks',
    // Vitest leaves one core to itself, which is half of a small machine.
    maxWorkers: '100%',
  },
})
