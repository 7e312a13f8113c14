/** a literal of at most 15 digits (DBL_DIG) and an exponent of at most 2 digits always survives a double */
const EXACT_DIGITS = 15
const EXACT_EXPONENT = 2

const QUOTE = 34
const PLUS = 43
const MINUS = 45
const DOT = 46
const ZERO = 48
const BACKSLASH = 92
const LOWER_E = 101

export const isDigit = (code: number): boolean => code >= 48 && code <= 57
const isSpace = (code: number): boolean => code === 32 || code === 10 || code === 13 || code === 9

/** The text is not JSON at the reader's place; the message says what was expected there. */
export class Unexpected extends Error {}

/** The four hexadecimal digits at `at` as a UTF-16 unit; -1 when they aren't. */
const hexUnit = (text: string, at: number): number => {
  let unit = 0
  for (let index = at; index < at + 4; index++) {
    const code = text.charCodeAt(index)
    const letter = (code | 32) - 87
    if (isDigit(code)) unit = unit * 16 + code - ZERO
    else if (letter >= 10 && letter <= 15) unit = unit * 16 + letter
    else return -1
  }
  return unit
}

/** Steps over the tokens of a JSON text (RFC 8259 sections 2, 3, 6 and 7), one at a time. */
export class JsonTokens {
  readonly text: string
  /** where the next character is read */
  at = 0
  /** the last string held an escape; an escaped U+0000 or surrogate */
  escaped = false
  doubtful = false

  constructor(text: string) {
    this.text = text
  }

  /** Skips white space; the code of the character that follows, NaN at the end. */
  next(): number {
    let code = this.text.charCodeAt(this.at)
    while (isSpace(code)) code = this.text.charCodeAt(++this.at)
    return code
  }

  /** Steps over the string that begins here. */
  string(): void {
    const { text } = this
    this.escaped = false
    this.doubtful = false
    for (let at = this.at + 1; ; at++) {
      const code = text.charCodeAt(at)
      if (code === QUOTE) {
        this.at = at + 1
        return
      }
      if (code === BACKSLASH) at = this.escape(at)
      // Not "code < 32": NaN, the end of the text, has to come here as well.
      else if (!(code >= 32)) this.badCharacter(at)
    }
  }

  /** Returns where the escape that begins at `at` ends. */
  private escape(at: number): number {
    this.escaped = true
    const letter = this.text.charAt(at + 1)
    if (letter === 'u') {
      const unit = hexUnit(this.text, at + 2)
      if (unit === 0 || (unit >= 0xd800 && unit <= 0xdfff)) this.doubtful = true
      if (unit >= 0) return at + 5
    } else if (letter !== '' && '"\\/bfnrt'.includes(letter)) return at + 1
    this.at = at
    throw new Unexpected('a backslash must start one of \\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX')
  }

  private badCharacter(at: number): never {
    this.at = at
    const expected =
      at < this.text.length
        ? 'control characters must be escaped inside a string, a line break as \\n'
        : 'a string was not closed with a double quote'
    throw new Unexpected(expected)
  }

  /** The value of the string from `start` to here. */
  lastString(start: number): string {
    return this.escaped
      ? JSON.parse(this.text.slice(start, this.at))
      : this.text.slice(start + 1, this.at - 1)
  }

  /** Steps over the number that begins here; true when it is too short to lose anything in a double. */
  number(): boolean {
    const { text } = this
    const start = this.at
    if (text.charCodeAt(start) === MINUS) this.at++
    if (text.charCodeAt(this.at) === ZERO) this.at++
    else this.digits()
    if (text.charCodeAt(this.at) === DOT) {
      this.at++
      this.digits()
    }
    const digits = this.at - start
    const exponent = this.exponent()
    return digits <= EXACT_DIGITS && exponent <= EXACT_EXPONENT
  }

  /** Steps over the exponent, if there is one; how many digits it has. */
  private exponent(): number {
    if ((this.text.charCodeAt(this.at) | 32) !== LOWER_E) return 0
    const sign = this.text.charCodeAt(++this.at)
    if (sign === PLUS || sign === MINUS) this.at++
    return this.digits()
  }

  private digits(): number {
    const start = this.at
    while (isDigit(this.text.charCodeAt(this.at))) this.at++
    if (this.at === start) throw new Unexpected('a digit was expected')
    return this.at - start
  }

  word(word: string): void {
    if (!this.text.startsWith(word, this.at)) throw new Unexpected('a value was expected')
    this.at += word.length
  }
}
