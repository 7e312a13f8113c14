/** One subcommand of `parasol`, in a file of its own that exports it as `command`. */
export interface Command {
  /** the line after "usage: parasol" */
  usage: string
  /** one sentence for the list of commands */
  summary: string
  /** what `--help` adds, in whole lines */
  details?: string
  /** Resolves with the exit code; undefined lets the process go on, as a server does. */
  run: (args: string[]) => Promise<number | undefined>
}

/** A wrong command line: one line that says what to write instead; exit code 2. */
export class UsageProblem extends Error {}

/** Something the operator has to mend, told without a stack trace; exit code 1. */
export class Failure extends Error {}
