import type { JsonFinding, JsonFindingCode } from './json.ts'
import { jsonPointer } from './json-pointer.ts'

const MOST_FINDINGS = 20
const LONGEST_POINTER = 1024

/** Ends a scan: enough was found. */
export class Stop extends Error {}

/** A name or a literal as it may stand in a message: quoted, control characters escaped, cut to 40 characters. */
export const shown = (text: string): string =>
  JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)

/** "line 3, column 14" of a character: lines end at a line feed, columns are UTF-16 units, both count from 1. */
const place = (text: string, at: number): string => {
  let line = 1
  let lineStart = 0
  for (let feed = text.indexOf('\n'); feed >= 0 && feed < at; feed = text.indexOf('\n', lineStart)) {
    line++
    lineStart = feed + 1
  }
  return `line ${line}, column ${at - lineStart + 1}`
}

/** What stands at a place, in the words of a syntax message. */
const standing = (text: string, at: number): string => {
  const code = text.codePointAt(at)
  if (code === undefined) return 'the end of the text'
  if (code === 0xfeff) return 'a byte order mark (save the text as UTF-8 without BOM)'
  if (code <= 32 || code === 127 || (code >= 0xd800 && code <= 0xdfff)) {
    return `the character U+${code.toString(16).toUpperCase().padStart(4, '0')}`
  }
  return code === 34 ? "'\"'" : `"${String.fromCodePoint(code)}"`
}

/** A name may be a megabyte long: then the nearest ancestor with a short pointer stands for it. */
const shortPointer = (path: (string | number)[]): string => {
  let length = path.length
  while (jsonPointer(path.slice(0, length)).length > LONGEST_POINTER) length--
  return jsonPointer(path.slice(0, length))
}

/** Collects the findings of one scan of `text`. */
export class Findings {
  readonly list: JsonFinding[] = []
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  place(at: number): string {
    return place(this.text, at)
  }

  add(code: JsonFindingCode, path: (string | number)[], detail: string): void {
    this.list.push({ code, pointer: shortPointer(path), detail })
    if (this.list.length >= MOST_FINDINGS) throw new Stop()
  }

  /** Records, first in the list, that the text is not JSON at `at`; a text that isn't has no pointers. */
  invalid(at: number, expected: string): void {
    const detail = `The text is not JSON: found ${standing(this.text, at)} at ${this.place(at)}, but ${expected}.`
    this.list.unshift({ code: 'invalid_json', pointer: '', detail })
  }
}
