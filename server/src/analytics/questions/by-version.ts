import { addGroupSum, type GroupSums } from './groups.ts'
import type { ReleaseFacts } from './list-releases.ts'

/** What stands for revisions that nobody knows the version of, beside `other` for those that are not told apart. */
const unknown = 'unknown'

/** Groups by revision as groups by the config version of each: the same version may have been released several times. */
export const byVersion = (groups: GroupSums, known: ReadonlyMap<string, ReleaseFacts>): GroupSums => {
  const versions: GroupSums = new Map()
  for (const [revision, { count, devices }] of groups) {
    const version = known.get(revision)?.configVersion
    addGroupSum(versions, version ?? (/^\d/.test(revision) ? unknown : revision), count, devices)
  }
  return versions
}
