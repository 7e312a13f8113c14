import type { JsonFinding } from './json.ts'
import { Findings, Stop, shown } from './json-findings.ts'
import { holdsInDouble } from './json-number.ts'
import { isDigit, JsonTokens, Unexpected } from './json-tokens.ts'

/** up to here, comparing names one by one is faster than a Set for each object */
const FEW_NAMES = 8

const QUOTE = 34
const COMMA = 44
const MINUS = 45
const COLON = 58
const OPEN_ARRAY = 91
const CLOSE_ARRAY = 93
const OPEN_OBJECT = 123
const CLOSE_OBJECT = 125

/** A container whose end is not yet read. */
interface Open {
  close: typeof CLOSE_ARRAY | typeof CLOSE_OBJECT
  /** the member's name or the element's index being read */
  step: string | number
  /** where this object's names begin on the stack of names */
  firstName: number
  /** the same names, once they are many */
  seen: Set<string> | undefined
}

/** Every reason to refuse `text`, at most 20, an `invalid_json` first; ends at the first `invalid_json` or `too_deep`. */
export const scanJson = (text: string, maxDepth: number): JsonFinding[] => {
  const scan = new Scan(text, maxDepth)
  try {
    scan.document()
  } catch (error) {
    if (error instanceof Unexpected) scan.findings.invalid(scan.at, error.message)
    else if (!(error instanceof Stop)) throw error
  }
  return scan.findings.list
}

/** One pass over the text by the grammar of RFC 8259, with a stack of its own instead of recursion. */
class Scan extends JsonTokens {
  readonly findings: Findings
  readonly maxDepth: number
  /** half surrogate pairs stand somewhere in the text, so every string has to be looked at */
  readonly illFormed: boolean
  readonly stack: Open[] = []
  /** the names of all open objects so far, the innermost last, and where each began; longer than `nameCount` says */
  readonly names: string[] = []
  readonly starts: number[] = []
  nameCount = 0

  constructor(text: string, maxDepth: number) {
    super(text)
    this.findings = new Findings(text)
    this.maxDepth = maxDepth
    this.illFormed = !text.isWellFormed()
  }

  document(): void {
    while (true) {
      const complete = this.value()
      if (complete && !this.afterValue()) return
    }
  }

  /** Reads a scalar or an empty container (true), or steps into a container, whose first value comes next (false). */
  value(): boolean {
    const code = this.next()
    if (code === QUOTE) this.stringValue()
    else if (code === OPEN_OBJECT) return this.open(CLOSE_OBJECT)
    else if (code === OPEN_ARRAY) return this.open(CLOSE_ARRAY)
    else if (code === MINUS || isDigit(code)) this.numberValue()
    else if (code === 116) this.word('true')
    else if (code === 102) this.word('false')
    else if (code === 110) this.word('null')
    else throw new Unexpected('a value was expected')
    return true
  }

  open(close: Open['close']): boolean {
    if (this.stack.length >= this.maxDepth) this.tooDeep()
    this.at++
    if (this.next() === close) {
      this.at++
      return true
    }
    this.stack.push({ close, step: 0, firstName: this.nameCount, seen: undefined })
    if (close === CLOSE_OBJECT) this.name()
    return false
  }

  tooDeep(): never {
    const where = this.findings.place(this.at)
    const detail = `More than ${this.maxDepth} objects and arrays are inside one another at ${where}. Flatten the document.`
    this.findings.add('too_deep', this.path(), detail)
    throw new Stop()
  }

  /** Closes what ends here and moves on to the next value; false at the end of the document. */
  afterValue(): boolean {
    while (true) {
      const code = this.next()
      const open = this.stack.at(-1)
      if (open === undefined) {
        if (this.at < this.text.length) throw new Unexpected('the document was complete before it')
        return false
      }
      if (code === COMMA) {
        this.at++
        if (this.next() === open.close) throw new Unexpected('no comma may stand before a closing bracket')
        if (typeof open.step === 'number') open.step++
        else this.name()
        return true
      }
      if (code !== open.close) {
        throw new Unexpected(`"," or "${String.fromCharCode(open.close)}" was expected`)
      }
      this.at++
      this.nameCount = open.firstName
      this.stack.pop()
    }
  }

  /** Reads a member's name and its colon. */
  name(): void {
    if (this.next() !== QUOTE) throw new Unexpected('a name in double quotes was expected')
    const start = this.at
    this.string()
    const name = this.lastString(start)
    const object = this.stack.at(-1)
    if (object) this.member(object, name, start)
    if (this.doubtful || this.illFormed) this.checkCharacters(name, start)
    if (this.next() !== COLON) throw new Unexpected(`":" was expected after the name ${shown(name)}`)
    this.at++
  }

  member(object: Open, name: string, start: number): void {
    object.step = name
    const before = this.earlier(object, name)
    if (before === undefined) this.remember(object, name, start)
    else {
      const [first, again] = [this.findings.place(before), this.findings.place(start)]
      const detail = `The name ${shown(name)} stands twice in one object, at ${first} and at ${again}. Keep one of them.`
      this.findings.add('duplicate_key', this.path(), detail)
    }
    if (name === '__proto__') this.forbidden('"__proto__"', start)
    else if (name === 'prototype' && this.stack.at(-2)?.step === 'constructor') {
      this.forbidden('"prototype" inside "constructor"', start)
    }
  }

  /** Where the innermost object, if it has this name already, has it. */
  earlier(object: Open, name: string): number | undefined {
    if (object.seen && !object.seen.has(name)) return undefined
    for (let known = object.firstName; known < this.nameCount; known++) {
      if (this.names[known] === name) return this.starts[known]
    }
    return undefined
  }

  remember(object: Open, name: string, start: number): void {
    this.names[this.nameCount] = name
    this.starts[this.nameCount] = start
    this.nameCount++
    if (object.seen) object.seen.add(name)
    else if (this.nameCount - object.firstName > FEW_NAMES) {
      object.seen = new Set(this.names.slice(object.firstName, this.nameCount))
    }
  }

  forbidden(what: string, start: number): void {
    const where = this.findings.place(start)
    const detail = `The name ${what} at ${where} is not allowed: in many programs it changes all objects. Rename it.`
    this.findings.add('forbidden_key', this.path(), detail)
  }

  stringValue(): void {
    const start = this.at
    this.string()
    if (this.doubtful || this.illFormed) this.checkCharacters(this.lastString(start), start)
  }

  checkCharacters(value: string, start: number): void {
    const refuse = (what: string) => {
      const detail = `The string at ${this.findings.place(start)} holds ${what}. Remove it.`
      this.findings.add('unsupported_character', this.path(), detail)
    }
    if (value.includes('\0')) refuse('U+0000, which the database cannot store')
    if (!value.isWellFormed()) refuse('half of a surrogate pair, which is no character')
  }

  numberValue(): void {
    const start = this.at
    if (this.number()) return
    const literal = this.text.slice(start, this.at)
    if (holdsInDouble(literal)) return
    const read = Number(literal)
    const become = Number.isFinite(read) ? String(read) : 'infinity'
    const detail = `The number ${shown(literal).slice(1, -1)} at ${this.findings.place(start)} would become ${become}. Use fewer digits, or write it as a string.`
    this.findings.add('number_out_of_range', this.path(), detail)
  }

  path(): (string | number)[] {
    return this.stack.map((open) => open.step)
  }
}
