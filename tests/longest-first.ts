import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** What lasts, the longest first: suites that take minutes, then those that drive whole servers for a minute or less. */
const long = [/\/tests\/(?:contract|cli)\/|\/tests\/guide/, /\/tests\/faults\/|\/tests\/[^/]+$/]

const rankOf = ({ moduleId }: TestSpecification): number => {
  const found = long.findIndex((names) => names.test(moduleId))
  return found < 0 ? long.length : found
}

/** Begins with what lasts: begun last, as its short files would be, it would run on when the other workers have nothing left. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.sort((one, other) => rankOf(one) - rankOf(other))
  }
}
