import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Form } from './form.ts'
import { createOutcomes, type Outcomes } from './outcomes.ts'

const formOf = (name: string): Form => ({ name }) as unknown as Form
const sample = { query: '', country: null }

/** Outcomes of at most 10,000 bytes, and what they say they take. */
const open = () => {
  let bytes = 0
  const outcomes = createOutcomes({ formBytes: 10_000, queryBytes: 1_000 }, (grown) => {
    bytes += grown
  })
  const keep = (outcomes: Outcomes, query: string, key: string, size: number) =>
    outcomes.keep(query, key, sample, (grow) => {
      grow(size)
      return formOf(key)
    })
  return {
    outcomes,
    bytes: () => bytes,
    keep: (query: string, key: string, size = 1_000) => keep(outcomes, query, key, size),
  }
}

describe('the outcomes of a release', () => {
  it('are one for all queries that lead to it', () => {
    const { outcomes, keep } = open()
    const first = keep('a', 'one')
    expect(keep('b', 'one')).toBe(first)
    expect(outcomes.get('a')).toBe(first)
    expect(outcomes.get('b')).toBe(first)
    expect(outcomes.get('c')).toBeUndefined()
  })

  it('are found by the text they were asked for with, until texts mean something else', () => {
    const { outcomes, bytes, keep } = open()
    const one = keep('a', 'one')
    expect(outcomes.recall('text')).toBeUndefined()
    outcomes.get('none', 'text')
    expect(outcomes.recall('text')).toBeUndefined()
    const before = bytes()
    outcomes.get('a', 'text')
    expect(outcomes.recall('text')).toBe(one)
    expect(outcomes.get('text')).toBeUndefined()
    outcomes.forgetTexts()
    expect(outcomes.recall('text')).toBeUndefined()
    expect(outcomes.get('a')).toBe(one)
    expect(bytes()).toBe(before)
  })

  it('are not found by a text once they were dropped', () => {
    const { outcomes, keep } = open()
    keep('q', 'first')
    outcomes.get('q', 'text')
    for (let n = 0; n < 30; n++) keep(`q${n}`, `o${n}`)
    expect(outcomes.recall('text')).toBeUndefined()
  })

  it('keep one whatever it takes', () => {
    const { outcomes, keep } = open()
    keep('a', 'huge', 50_000)
    expect(outcomes.get('a')?.form).toEqual(formOf('huge'))
  })

  it('drop first what was not asked for, with the queries that led there', () => {
    const { outcomes, keep } = open()
    for (let n = 0; n < 10; n++) keep(`q${n}`, `o${n}`)
    keep('q10', 'o10')
    // Of those that all were used, the oldest left; used again, another one leaves next.
    expect(outcomes.get('q0')).toBeUndefined()
    expect(outcomes.get('q1')).toBeDefined()
    keep('q11', 'o11')
    expect(outcomes.get('q1')).toBeDefined()
    expect(outcomes.get('q2')).toBeUndefined()
    keep('q0', 'o0')
    expect(outcomes.get('q0')?.form).toEqual(formOf('o0'))
  })

  it('keep nothing of what was asked once they were dropped, though queries still lead to them', () => {
    const { outcomes, keep } = open()
    const asked = { query: `country=DE&${'x'.repeat(900)}`, country: 'DE' }
    const outcome = outcomes.keep('a', 'one', asked, () => formOf('one'))
    expect(outcome.sample).toBe(asked)
    for (let n = 0; n < 30; n++) keep(`q${n}`, `o${n}`)
    expect(outcome).toMatchObject({ form: null, sample: { query: '', country: null } })
  })

  it('count no coding that is built after they were dropped', () => {
    const { outcomes, bytes, keep } = open()
    let growLater: (bytes: number) => void = () => {}
    outcomes.keep('a', 'one', sample, (grow) => {
      growLater = grow
      return formOf('one')
    })
    for (let n = 0; n < 30; n++) keep(`q${n}`, `o${n}`)
    const before = bytes()
    growLater(5_000)
    expect(bytes()).toBe(before)
  })

  it('stay within their bounds whatever is asked, and count what they take', () => {
    const asks = fc.array(fc.tuple(fc.nat(300), fc.nat(40), fc.nat(3_000), fc.boolean()), { maxLength: 300 })
    fc.assert(
      fc.property(asks, (all) => {
        const { outcomes, bytes, keep } = open()
        for (const [query, key, size, again] of all) {
          const outcome = keep(`${query}`, `${key}`, size)
          expect(outcome.form).toEqual(formOf(`${key}`))
          if (again) outcomes.get(`${(query * 7) % 300}`, `text ${(query * 7) % 300}`)
          expect(bytes()).toBeGreaterThanOrEqual(0)
          expect(bytes()).toBeLessThanOrEqual(10_000 + 3_000 + 4 * 1_000)
        }
      }),
    )
  })

  it('do not remember a query that is longer than any app asks', () => {
    const { outcomes, keep } = open()
    keep('x'.repeat(1_001), 'one')
    expect(outcomes.get('x'.repeat(1_001))).toBeUndefined()
  })
})
