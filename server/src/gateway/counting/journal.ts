import { createNames, isCrowded, type Names } from './names.ts'

/** Words of a line. */
export const wordsOfLine = 8
const linesAtFirst = 4096
/** 4 MiB. */
export const linesMost = 131_072

/** In place of a revision or a duration: there is none, or it is not one of ours. */
export const noRevision = 0
export const foreignRevision = 0xffffffff
export const noLatency = 0xffffffff

/**
 * What was counted, a line of eight words a request, in the order of time. Writing numbers one after the other is the least that
 * a request can be bothered with; tallies are made of them when they are shipped.
 *
 * A line is: app | device | bucket, channel | key, second | class, code | revision | held | microseconds
 */
export interface Journal {
  words: Uint32Array
  lines: number
  names: Names
  /** Ms since 1970 of the second 0. */
  beganAt: number
  /** Requests that were one too many. */
  lost: number
}

/** `used`: words of a journal that nobody needs any more, to be written over: new ones are fetched from the system page by page. */
export const createJournal = (beganAt: number, before?: Journal, used?: Uint32Array): Journal => ({
  words: roomFor(before?.lines ?? 0, used),
  lines: 0,
  names: before && !isCrowded(before.names) ? before.names : createNames(),
  beganAt,
  lost: 0,
})

const roomFor = (lines: number, used?: Uint32Array): Uint32Array => {
  const length = wordsOfLine * Math.max(linesAtFirst, 2 ** Math.ceil(Math.log2(lines || 1)))
  // Not those of a flood that is over.
  return used && used.length >= length && used.length <= length * 4 ? used : new Uint32Array(length)
}

/** Where the next line begins; -1, and noted as lost, where there is no more room. */
export const nextLine = (journal: Journal): number => {
  const at = journal.lines * wordsOfLine
  if (at === journal.words.length && !grow(journal)) {
    journal.lost += 1
    return -1
  }
  journal.lines += 1
  return at
}

const grow = (journal: Journal): boolean => {
  if (journal.lines >= linesMost) return false
  const larger = new Uint32Array(journal.words.length * 2)
  larger.set(journal.words)
  journal.words = larger
  return true
}

/** When that was, in ms since 1970, to a second. */
export const timeOf = ({ words, beganAt }: Journal, line: number): number =>
  beganAt + ((words[line * wordsOfLine + 3] ?? 0) & 0xffff) * 1_000
