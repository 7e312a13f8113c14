/** What is wrong in a routes file, a line each: where, what, and how to mend it. */
export class RoutesProblem extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'RoutesProblem'
    this.problems = problems
  }
}
