import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Suites that take a minute or more, because they drive whole servers. */
const long = /\/tests\/(?:contract|cli|faults)\/|\/tests\/[^/]+$/

/** Begins with what lasts: begun last, as its short files would be, it would run on when the other workers have nothing left. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const isLong = ({ moduleId }: TestSpecification) => long.test(moduleId)
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}
