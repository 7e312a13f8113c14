import type { Reporter, TestModule, TestRunEndReason } from 'vitest/node'

interface Counts {
  passed: number
  failed: number
  skipped: number
}

const count = (modules: readonly TestModule[], unhandled: number): Counts => {
  const counts: Counts = { passed: 0, failed: unhandled, skipped: 0 }
  for (const module of modules) {
    const states = [...module.children.allTests()].map((test) => test.result().state)
    counts.passed += states.filter((state) => state === 'passed').length
    counts.failed += states.filter((state) => state === 'failed').length
    counts.skipped += states.filter((state) => state === 'skipped' || state === 'pending').length
    // It did not load, or a hook failed: no test of it failed, and yet it did.
    if (module.state() === 'failed' && !states.includes('failed')) counts.failed += 1
  }
  return counts
}

const firstLine = (error: unknown): string => {
  const message = (error as { message?: unknown } | undefined)?.message ?? error
  return String(message).split('\n', 1)[0]?.slice(0, 300) ?? ''
}

/** A line for each failure: where a log is cut to its end, they are what one looks for. */
const failures = (modules: readonly TestModule[], unhandled: readonly unknown[]): string[] => {
  const lines = modules.flatMap((module) => [
    ...module.errors().map((error) => `${module.relativeModuleId}: ${firstLine(error)}`),
    ...[...module.children.allTests('failed')].map(
      (test) => `${module.relativeModuleId} > ${test.fullName}: ${firstLine(test.result().errors?.[0])}`,
    ),
  ])
  return [...lines, ...unhandled.map((error) => `outside of the tests: ${firstLine(error)}`)]
}

const mostLines = 8

/**
 * Makes `N passed, N failed` (`, N skipped` when there are any) the last line of a run, after a line
 * for each failure. A run that executes nothing
 * fails, and one that can not begin at all (no stores) counts as one failure.
 */
export default class SummaryReporter implements Reporter {
  #counts: Counts = { passed: 0, failed: 1, skipped: 0 }
  #failures: string[] = []

  onInit(): void {
    // At the exit, because the other reporters and the teardown still write after the end of the run.
    process.once('exit', () => {
      const { passed, failed, skipped } = this.#counts
      if (passed + failed === 0) process.exitCode = 1
      if (failed > 0 && (process.exitCode ?? 0) === 0) process.exitCode = 1
      const tail = skipped > 0 ? `, ${skipped} skipped` : ''
      for (const line of this.#failures.slice(0, mostLines)) process.stdout.write(`failed: ${line}\n`)
      process.stdout.write(`${passed} passed, ${failed} failed${tail}\n`)
    })
  }

  onTestRunEnd(
    modules: readonly TestModule[],
    unhandledErrors: readonly unknown[],
    _reason: TestRunEndReason,
  ): void {
    this.#counts = count(modules, unhandledErrors.length)
    this.#failures = failures(modules, unhandledErrors)
  }
}
