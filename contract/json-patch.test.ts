import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyStep } from './apply-patch.fixture.ts'
import { equalJson } from './json-equal.ts'
import { listSteps, toJsonPatch, toText } from './json-patch.ts'

const name = fc.constantFrom('a', 'b', 'a/b', '~1', '', '0')
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    fc.constantFrom(0, 1, '', 'x', true, null),
    fc.array(tie('value'), { maxLength: 6 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}))
const pair = fc.tuple(value, value)

describe('a JSON Patch', () => {
  it('makes exactly the one value of the other', () => {
    fc.assert(
      fc.property(pair, ([before, after]) => {
        const patch = toJsonPatch(listSteps(before, after))
        expect(equalJson(patch.reduce(applyStep, before), after)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  it('is empty if and only if nothing differs', () => {
    fc.assert(
      fc.property(pair, ([before, after]) => {
        expect(listSteps(before, after).length === 0).toBe(equalJson(before, after))
        expect(listSteps(before, structuredClone(before))).toEqual([])
      }),
    )
  })

  it('tells of each step what it takes away', () => {
    fc.assert(
      fc.property(pair, ([before, after]) => {
        let document = before
        for (const { before: taken, ...operation } of listSteps(before, after)) {
          if (operation.op !== 'add') {
            const undone = applyStep(document, { ...operation, op: 'replace', value: taken })
            expect(equalJson(undone, document)).toBe(true)
          }
          document = applyStep(document, operation)
        }
      }),
    )
  })

  it('names the elements of an array that came or went, and no others', () => {
    const patch = (before: unknown[], after: unknown[]) => toJsonPatch(listSteps(before, after))
    expect(patch([1, 2, 3], [1, 9, 2, 3])).toEqual([{ op: 'add', path: '/1', value: 9 }])
    expect(patch([1, 2, 3, 4], [1, 4])).toEqual([
      { op: 'remove', path: '/2' },
      { op: 'remove', path: '/1' },
    ])
    expect(patch([{ a: 1, b: 2 }, 5], [{ a: 1, b: 3 }, 5, 6, 7])).toEqual([
      { op: 'replace', path: '/0/b', value: 3 },
      { op: 'add', path: '/2', value: 6 },
      { op: 'add', path: '/3', value: 7 },
    ])
  })
})

describe('the readable form', () => {
  const text = (before: unknown, after: unknown) => toText(listSteps(before, after))

  it('has a line a step', () => {
    const before = { theme: { primary: '#000' }, gone: [1, null], 'a/b': true }
    const after = { theme: { primary: '#fff' }, 'a/b': true, new: { x: 1 } }
    expect(text(before, after)).toBe(
      ['~ /theme/primary: "#000" -> "#fff"', '- /gone: [1,null]', '+ /new: {"x":1}'].join('\n'),
    )
    expect(text(before, before)).toBe('')
  })

  it('cuts long values, never within a character', () => {
    const line = text({ a: 1 }, { a: '😀'.repeat(100) })
    expect(line).toMatch(/^~ \/a: 1 -> "(?:😀){39}…$/u)
    expect(text({}, { a: 'x'.repeat(78) })).toBe(`+ /a: "${'x'.repeat(78)}"`)
    expect(text({}, { a: 'x'.repeat(79) })).toBe(`+ /a: "${'x'.repeat(78)}…`)
  })
})
