import type { Freeze } from '../../../contract/review.ts'
import { fieldLines } from '../output/table.ts'

/** A freeze as lines of name and value. */
export const freezeText = (freeze: Freeze): string =>
  fieldLines([
    ['freeze', freeze.freezeId],
    ['of', freeze.appId ?? 'the whole fleet'],
    ['until', freeze.until],
    ['reason', freeze.reason],
    ['state', freeze.state],
    ['made', `${freeze.createdAt} by ${freeze.actor}`],
    ['ended', freeze.endedAt && `${freeze.endedAt} by ${freeze.endedBy}`],
  ])
