import { defineConfig } from 'vitest/config'
import { testEnvironment } from './tests/environment.ts'
import LongestFirst from './tests/longest-first.ts'
import SummaryReporter from './tests/summary-reporter.ts'

export default defineConfig({
  test: {
    // A busy machine needs more than the second that vitest gives.
    expect: { poll: { timeout: 20_000 } },
    include: ['{contract,server,cli,tests,scripts}/**/*.test.ts'],
    setupFiles: ['tests/each-file.ts'],
    globalSetup: ['tests/stores/global-setup.ts'],
    // For what hangs: how long anything takes on a busy machine is no matter of a test.
    testTimeout: testEnvironment.campaign ? 900_000 : 180_000,
    hookTimeout: 240_000,
    pool: 'forks',
    // OpenFeature's web provider listens by it; browsers have it.
    execArgv: ['--experimental-eventsource'],
    // A process for each of 129 files costs a fifth of the time; and what waits for a fault leaves its core to others.
    isolate: false,
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
    reporters: ['default', new SummaryReporter()],
    // What a passing test writes is noise.
    silent: 'passed-only',
  },
})
