import { createInterface } from 'node:readline/promises'
import { Failure, UsageProblem } from '../command.ts'

export const yesOptions = {
  yes: { type: 'boolean', doc: 'do not ask; needed where there is no terminal' },
} as const

/** Asks on the terminal. Throws a Failure when the answer is not yes, and a UsageProblem where nobody can answer. */
export const confirm = async (question: string): Promise<void> => {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new UsageProblem('There is no terminal to ask on: look at the plan, then say --yes.')
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await terminal.question(`${question} (yes or no) `)
    if (!/^y(es)?$/i.test(answer.trim())) throw new Failure('Nothing was done.')
  } finally {
    terminal.close()
  }
}
