interface Decimal {
  /** significant digits without leading and trailing zeros; empty for zero */
  digits: string
  /** power of ten of the last digit */
  exponent: number
}

const ZERO = 48

/** Reads a finite number's text ("-1.50e3", "1e+21") as an exact decimal; the sign is left out. */
const decimal = (text: string): Decimal => {
  const from = text.startsWith('-') ? 1 : 0
  const e = text.search(/[eE]/)
  const [whole = '', fraction = ''] = text.slice(from, e < 0 ? undefined : e).split('.')
  const all = whole + fraction
  // Loops, not /0+$/: that pattern is quadratic on a megabyte of zeros that a one follows.
  let start = 0
  while (all.charCodeAt(start) === ZERO) start++
  let end = all.length
  while (end > start && all.charCodeAt(end - 1) === ZERO) end--
  if (start === end) return { digits: '', exponent: 0 }
  const written = e < 0 ? 0 : Number(text.slice(e + 1))
  return { digits: all.slice(start, end), exponent: written - fraction.length + (all.length - end) }
}

/**
 * True when a reader that holds numbers as doubles prints back the same value: the literal's decimal value equals the
 * shortest printing of its double (RFC 7493 section 2.2). So 1.10, 1e2 and -0 hold; 1e400 and 12345678901234567890 do not.
 * `literal` must be a number by the grammar of RFC 8259.
 */
export const holdsInDouble = (literal: string): boolean => {
  const double = Number(literal)
  if (!Number.isFinite(double)) return false
  const printed = String(double)
  if (printed === literal) return true
  const asked = decimal(literal)
  const held = decimal(printed)
  return asked.digits === held.digits && asked.exponent === held.exponent
}
