import type { Cached } from './cache.ts'

/** The head of an entry's text; documents are large, so that nothing behind the head is ever looked at. */
const head = /^\{"sequence":(\d{1,16})(?=[,}])/
const stampedHead = /^\{"sequence":(\d{1,16}),"epoch":"([0-9a-f]{1,40})"(?=[,}])/

const lengthOfHead = (text: string, pattern: RegExp): RegExpExecArray | null =>
  pattern.exec(text.slice(0, 100))

/** Throws TypeError unless the value is an object's text that begins with the entry's sequence. */
export const assertEntry = (entry: Cached): void => {
  const found = lengthOfHead(entry.value, head)
  const fits = Number.isSafeInteger(entry.sequence) && found?.[1] === String(entry.sequence)
  if (!fits || !entry.value.endsWith('}')) {
    throw new TypeError(`A cached value is an object that begins with {"sequence":${entry.sequence}`)
  }
}

/** Writes behind the sequence under which server process the entry is stored: `{"sequence":7,"epoch":"...",...}`. */
export const stamp = (entry: Cached, epoch: string): string => {
  const start = `{"sequence":${entry.sequence}`
  return `${start},"epoch":"${epoch}"${entry.value.slice(start.length)}`
}

/** The opposite of `stamp`; null when the text is not what `stamp` writes. */
export const unstamp = (text: string): (Cached & { epoch: string }) | null => {
  const found = lengthOfHead(text, stampedHead)
  if (found === null || !text.endsWith('}')) return null
  const [whole, sequence = '', epoch = ''] = found
  if (!Number.isSafeInteger(Number(sequence))) return null
  return { sequence: Number(sequence), epoch, value: `{"sequence":${sequence}${text.slice(whole.length)}` }
}
