import fc from 'fast-check'
import { expect, test } from 'vitest'
import { JsonProblem, parseJson } from './json.ts'
import { holdsInDouble } from './json-number.ts'
import { jsonPointer } from './json-pointer.ts'

const maxDepth = 1000

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** The findings as "code pointer"; whatever else is thrown fails the test. */
const findings = (text: string): string[] => {
  try {
    parseJson(text, { maxDepth })
    return []
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error
    return error.findings.map((finding) => `${finding.code} ${finding.pointer}`)
  }
}

const saysInvalid = (text: string): boolean => findings(text).some((line) => line.startsWith('invalid_json'))

const safeName = fc.string().filter((name) => !/proto|constructor/.test(name))
const space = fc.oneof(fc.nat(4), fc.constantFrom('\t', ' \n\r'))
const jsonish = fc.constantFrom(...'{}[]",:0123456789.eE+-\\utrfalsn \n', '"a":', '\\u00', '\ud800', '😀')

test('reads what JSON.stringify writes, with any indentation, as JSON.parse does', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 8 }), space, (value, indentation) => {
      const text = JSON.stringify(value, null, indentation)
      fc.pre(!/__proto__|prototype|\\u0000/.test(text))
      expect(parseJson(text, { maxDepth })).toEqual({ value: JSON.parse(text) })
    }),
    { numRuns: 1000 },
  )
})

test('throws JsonProblem or nothing on any string, and agrees with JSON.parse on what is JSON', () => {
  const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: jsonish, maxLength: 30 }))
  fc.assert(
    fc.property(anything, (text) => {
      expect(saysInvalid(text)).toBe(!isJson(text))
    }),
    { numRuns: 2000 },
  )
})

test('agrees with JSON.parse on documents with one character lost, added or changed', () => {
  const edit = fc.tuple(fc.nat(), fc.nat(1), fc.oneof(fc.constant(''), jsonish))
  fc.assert(
    fc.property(fc.jsonValue(), edit, (value, [where, lost, added]) => {
      const text = JSON.stringify(value)
      const at = where % (text.length + 1)
      const edited = text.slice(0, at) + added + text.slice(at + lost)
      expect(saysInvalid(edited)).toBe(!isJson(edited))
    }),
    { numRuns: 5000 },
  )
})

const escaped = (name: string): string =>
  `"${[...Array(name.length).keys()].map((at) => `\\u${name.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')}"`

test('an injected duplicate is found at any depth, with its pointer', () => {
  const step = fc.oneof(
    fc.record({ name: safeName, before: fc.dictionary(safeName, fc.jsonValue()) }),
    fc.record({ index: fc.array(fc.constantFrom('1', '"x"', '{"a":{"b":1}}', '[]')) }),
  )
  const members = fc.dictionary(safeName, fc.integer(), { minKeys: 1, maxKeys: 20 })
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 12 }),
      members,
      fc.nat(),
      fc.boolean(),
      (steps, object, pick, plain) => {
        const names = Object.keys(object)
        const twice = names[pick % names.length] ?? ''
        const body = JSON.stringify(object).slice(1, -1)
        let text = `{${body}, ${plain ? JSON.stringify(twice) : escaped(twice)}: null}`
        const path: (string | number)[] = [twice]
        for (const around of steps) {
          if ('index' in around) {
            text = `[${[...around.index, text].join()}]`
            path.unshift(around.index.length)
          } else {
            const { [around.name]: _, ...before } = around.before
            fc.pre(!JSON.stringify(before).includes('proto'))
            text = `{${[...Object.entries(before).map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`), `${JSON.stringify(around.name)}:${text}`].join()}}`
            path.unshift(around.name)
          }
        }
        expect(findings(text)).toEqual([`duplicate_key ${jsonPointer(path)}`])
      },
    ),
    { numRuns: 500 },
  )
})

/** The literal's value times 10^400, exactly. */
const exact = (literal: string): bigint => {
  const [mantissa = '', exponent = '0'] = literal.toLowerCase().split('e')
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.')
  return BigInt(whole + fraction) * 10n ** BigInt(400 + Number(exponent) - fraction.length)
}

test('a number holds exactly when its value, by whole-number arithmetic, is the one its double prints', () => {
  const digits = fc.string({
    unit: fc.constantFrom(...'0123456789', '0', '0', '9'),
    minLength: 1,
    maxLength: 20,
  })
  const literal = fc
    .tuple(
      fc.constantFrom('', '-'),
      fc.nat(99_999_999),
      fc.option(digits),
      fc.option(fc.integer({ min: -30, max: 30 })),
    )
    .map(
      ([sign, whole, fraction, e]) =>
        sign + whole + (fraction ? `.${fraction}` : '') + (e === null ? '' : `e${e}`),
    )
  fc.assert(
    fc.property(literal, (text) => {
      expect(holdsInDouble(text)).toBe(exact(text) === exact(String(Number(text))))
    }),
    { numRuns: 5000 },
  )
})

test('every double JSON.stringify prints holds', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(holdsInDouble(JSON.stringify(value))).toBe(true)
    }),
    { numRuns: 5000 },
  )
})
