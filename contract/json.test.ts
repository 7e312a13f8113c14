import { describe, expect, test } from 'vitest'
import { type JsonFinding, JsonProblem, parseJson } from './json.ts'

const findingsOf = (text: string, maxDepth = 64): readonly JsonFinding[] => {
  try {
    parseJson(text, { maxDepth })
  } catch (error) {
    if (error instanceof JsonProblem) return error.findings
    throw error
  }
  return []
}

/** "code pointer" of each finding */
const brief = (text: string, maxDepth = 64): string[] =>
  findingsOf(text, maxDepth).map((finding) => `${finding.code} ${finding.pointer}`)

test('a plain document comes back as JSON.parse reads it', () => {
  const text = ' {"a": [1, -0, 2.50, true, false, null, "x\\n\\u00e9"], "b": {}, "c": [], "": {"a": 1}} '
  expect(parseJson(text, { maxDepth: 2 })).toEqual({ value: JSON.parse(text) })
})

describe('invalid_json', () => {
  test.each([
    ['', 'found the end of the text at line 1, column 1, but a value was expected'],
    ['{"a":1,\n "b":tru}', 'found "t" at line 2, column 6, but a value was expected'],
    ['[1,2,]', 'found "]" at line 1, column 6, but no comma may stand before a closing bracket'],
    ['{"a":1,}', 'found "}" at line 1, column 8, but no comma may stand before a closing bracket'],
    ['{"a" 1}', 'found "1" at line 1, column 6, but ":" was expected after the name "a"'],
    ["{'a':1}", 'found "\'" at line 1, column 2, but a name in double quotes was expected'],
    ['{"a":1 "b":2}', 'found \'"\' at line 1, column 8, but "," or "}" was expected'],
    ['[1 2]', 'found "2" at line 1, column 4, but "," or "]" was expected'],
    ['[01]', 'found "1" at line 1, column 3, but "," or "]" was expected'],
    ['[-]', 'found "]" at line 1, column 3, but a digit was expected'],
    ['[1.]', 'found "]" at line 1, column 4, but a digit was expected'],
    ['[1e+]', 'found "]" at line 1, column 5, but a digit was expected'],
    ['{} x', 'found "x" at line 1, column 4, but the document was complete before it'],
    [
      '"abc',
      'found the end of the text at line 1, column 5, but a string was not closed with a double quote',
    ],
    ['"a\nb"', 'found the character U+000A at line 1, column 3, but control characters must be escaped'],
    ['"\\x41"', 'found "\\" at line 1, column 2, but a backslash must start one of'],
    ['"\\u12g4"', 'found "\\" at line 1, column 2, but a backslash must start one of'],
    ['\ufeff{}', 'found a byte order mark (save the text as UTF-8 without BOM) at line 1, column 1'],
    ['[1, // no\n2]', 'found "/" at line 1, column 5, but a value was expected'],
    ['NaN', 'found "N" at line 1, column 1, but a value was expected'],
  ])('%j is refused with its place', (text, detail) => {
    const [finding, ...others] = findingsOf(text)
    expect(others).toEqual([])
    expect(finding).toMatchObject({ code: 'invalid_json', pointer: '' })
    expect(finding?.detail).toContain(detail)
  })

  test('stands first when other findings precede it in the text', () => {
    expect(brief('{"a":1,"a":2,')).toEqual(['invalid_json ', 'duplicate_key /a'])
  })
})

describe('duplicate_key', () => {
  test('names the second member, and the places of both', () => {
    expect(findingsOf('{"x":[{"a":1,\n"b":2,"a":3}]}')).toEqual([
      {
        code: 'duplicate_key',
        pointer: '/x/0/a',
        detail:
          'The name "a" stands twice in one object, at line 1, column 8 and at line 2, column 7. Keep one of them.',
      },
    ])
  })

  test('is found however the name is escaped', () => {
    expect(brief('{"a/b":1,"\\u0061\\/b":2}')).toEqual(['duplicate_key /a~1b'])
  })

  test('is found among many names, each repeat once', () => {
    const names = Array.from({ length: 30 }, (_, index) => `"n${index}":0`)
    expect(brief(`{${[...names, '"n0":1', '"n29":1', '"n0":2'].join()}}`)).toEqual([
      'duplicate_key /n0',
      'duplicate_key /n29',
      'duplicate_key /n0',
    ])
  })

  test('is not what the same name in another object is', () => {
    expect(brief('{"a":{"a":{"a":1},"b":[{"a":1},{"a":1}]},"b":{"a":1}}')).toEqual([])
  })

  test('is found after an inner object used the name too', () => {
    expect(brief('{"a":{"b":1},"b":2,"a":3}')).toEqual(['duplicate_key /a'])
  })
})

describe('forbidden_key', () => {
  test('__proto__ is refused at any depth and however it is escaped', () => {
    expect(brief('{"a":[{"__proto__":{}}],"\\u005f_proto__":1}')).toEqual([
      'forbidden_key /a/0/__proto__',
      'forbidden_key /__proto__',
    ])
  })

  test('constructor is refused only when it holds an object with prototype', () => {
    expect(brief('{"constructor":{"prototype":{}}}')).toEqual(['forbidden_key /constructor/prototype'])
    expect(brief('{"constructor":"Ford","prototype":{"constructor":[{"prototype":1}]}}')).toEqual([])
  })
})

describe('too_deep', () => {
  test('the first container beyond the bound is named, the bound itself is fine', () => {
    expect(brief('{"a":[[]]}', 3)).toEqual([])
    expect(brief('{"b":1,"a":[[[]]]}', 3)).toEqual(['too_deep /a/0/0'])
  })

  test('a megabyte of brackets is refused without recursion', () => {
    const half = 1 << 19
    expect(findingsOf('['.repeat(2 * half)).map((finding) => finding.code)).toEqual(['too_deep'])
    expect(brief('['.repeat(half) + ']'.repeat(half), 1)).toEqual(['too_deep /0'])
    expect(brief('{"a":'.repeat(half), 0)).toEqual(['too_deep '])
  })
})

describe('number_out_of_range', () => {
  test.each([
    '1e400',
    '-1e400',
    '1e-400',
    '12345678901234567890',
    '9007199254740993',
    '0.1234567890123456789',
    '1.5e-324',
    '1.00000000000000000001',
    `1${'0'.repeat(30)}1`,
    `0.${'0'.repeat(400)}1`,
  ])('%s is refused, as a double would change it', (literal) => {
    expect(brief(`{"n":[${literal}]}`)).toEqual(['number_out_of_range /n/0'])
  })

  test.each([
    '0',
    '-0',
    '0.0',
    '0e999999',
    '1.10',
    '1e2',
    '1E+2',
    '100.0',
    '9007199254740992',
    '12345678901234567000',
    '1e308',
    '5e-324',
    '0.1000000000000000000000',
    `1${'0'.repeat(300)}`,
    `0.${'0'.repeat(400)}1e401`,
  ])('%s is fine, as a double prints the same value', (literal) => {
    expect(brief(`[${literal}]`)).toEqual([])
  })

  test('the message tells what it would become', () => {
    expect(findingsOf('12345678901234567890')[0]?.detail).toBe(
      'The number 12345678901234567890 at line 1, column 1 would become 12345678901234567000. Use fewer digits, or write it as a string.',
    )
  })
})

describe('unsupported_character', () => {
  test('half surrogate pairs and U+0000 are refused in names and values', () => {
    expect(brief('["\\ud83d", "\\ude00\\ud83d", "\\u0000", {"\\u0000":1}]')).toEqual([
      'unsupported_character /0',
      'unsupported_character /1',
      'unsupported_character /2',
      'unsupported_character /3/\0',
    ])
    expect(brief('["a\ud83db"]')).toEqual(['unsupported_character /0'])
  })

  test('whole pairs are fine, escaped or not', () => {
    expect(brief('["\\ud83d\\ude00", "😀", "\\u00e9", "\\\\u0000", "\\\\ud800"]')).toEqual([])
  })
})

test('all kinds are collected in the order of the text', () => {
  expect(brief('{"a":1e999,"a":"\\u0000","__proto__":{"b":[1,[]]}}', 3)).toEqual([
    'number_out_of_range /a',
    'duplicate_key /a',
    'unsupported_character /a',
    'forbidden_key /__proto__',
    'too_deep /__proto__/b/1',
  ])
})

test('no more than 20 findings are collected', () => {
  expect(findingsOf(`[${Array.from({ length: 50 }, () => '1e999').join()}]`)).toHaveLength(20)
})

test('a pointer through a huge name stops at the ancestor above it', () => {
  expect(brief(`{"a":{"${'n'.repeat(5000)}":[1e999]}}`)).toEqual(['number_out_of_range /a'])
})
