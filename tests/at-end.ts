import { onTestFinished, TestRunner } from 'vitest'

type End = () => unknown

const ends: End[] = []

/** Runs at the end of the test that asks for it, or of the test file where that is a hook or the file itself; last first. */
export const atEnd = (end: End): void => {
  if (TestRunner.getCurrentTest()) onTestFinished(async () => void (await end()))
  else ends.push(end)
}

/** Ends what this test file began: all of it, also where a part does not end well. */
export const endAll = async (): Promise<void> => {
  const errors: unknown[] = []
  for (const end of ends.splice(0).reverse()) {
    try {
      await end()
    } catch (error) {
      errors.push(error)
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, `did not end well: ${errors.join('; ')}`)
}
