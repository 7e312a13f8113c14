import type { Usage } from '../../../../contract/shipment.ts'
import { refusedBit } from './codes.ts'
import { type Journal, timeOf, wordsOfLine } from './journal.ts'

interface Use {
  requests: number
  refused: number
  lastLine: number
}

/** Who asked, by key and class, how often and when for the last time, of the lines of an app in a minute, in the order of time. */
export const foldUses = (journal: Journal, lines: Uint32Array, appId: string): Usage[] => {
  const { words } = journal
  const uses = new Map<number, Use>()
  let lastWho = -1
  let use: Use = { requests: 0, refused: 0, lastLine: 0 }
  for (const line of lines) {
    const at = line * wordsOfLine
    const classAndCode = words[at + 4] ?? 0
    const who = ((words[at + 3] ?? 0) >>> 16) * 256 + (classAndCode >>> 16)
    if (who !== lastWho) {
      use = uses.get(who) ?? { requests: 0, refused: 0, lastLine: line }
      uses.set(who, use)
      lastWho = who
    }
    use.requests += 1
    if ((classAndCode & refusedBit) !== 0) use.refused += 1
    use.lastLine = line
  }
  return [...uses].map(([who, use]) => usageOf(journal, appId, who, use))
}

/** Many apps were asked for last in the same second. */
let lastTime = 0
let lastText = new Date(0).toISOString()

const textOfTime = (time: number): string => {
  if (time === lastTime) return lastText
  lastTime = time
  lastText = new Date(time).toISOString()
  return lastText
}

const usageOf = (journal: Journal, appId: string, who: number, use: Use): Usage => {
  const { keys, classes } = journal.names
  const lastAt = textOfTime(timeOf(journal, use.lastLine))
  return {
    day: lastAt.slice(0, 10),
    appId: appId === '' ? null : appId,
    keyId: keys.texts[Math.floor(who / 256)] || null,
    routeClass: classes.texts[who % 256] ?? '',
    requests: use.requests,
    refused: use.refused,
    lastAt,
  }
}
