import { defineConfig } from 'vitest/config'
import SummaryReporter from './tests/summary-reporter.ts'

export default defineConfig({
  test: {
    include: ['{contract,server,cli,tests,scripts}/**/*.test.ts'],
    globalSetup: ['tests/stores/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    isolate: true,
    maxWorkers: 3,
    reporters: ['default', new SummaryReporter()],
    // What a passing test writes is noise.
    silent: 'passed-only',
  },
})
