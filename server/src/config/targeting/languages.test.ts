import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lookUpLanguage } from './look-up-language.ts'
import { readLanguages } from './read-languages.ts'

describe('readLanguages', () => {
  it.each([
    ['de', ['de']],
    ['DE-at', ['de-AT']],
    ['pt_BR', ['pt-BR']],
    ['de_DE.UTF-8', ['de-DE']],
    ['de_DE@euro', ['de-DE']],
    ['en_US@calendar=buddhist', ['en-US']],
    ['zh-hant-tw', ['zh-Hant-TW']],
    ['iw', ['he']],
    ['cy-GB', ['cy-GB']],
    ['mr', ['mr']],
    ['de-AT,de;q=0.9, en;q=0.8', ['de-AT', 'de', 'en']],
    ['de,de,*', ['de']],
    ['!, en', ['en']],
    ['de-DE-u-co-phonebk', ['de-DE-u-co-phonebk']],
  ])('%j is %j', (text, expected) => {
    expect(readLanguages(text)).toEqual(expected)
    expect(readLanguages(text)).toEqual(expected)
  })

  it.each(['', ' ', '*', 'C', 'C.UTF-8', 'x', 'de--at', '12', ',;q=1', 'de,'.repeat(100)])(
    '%j is none',
    (text) => {
      expect(readLanguages(text)).toBeUndefined()
    },
  )

  it('has canonical tags, whatever the text', () => {
    const tagLike = fc.stringMatching(/^[a-zA-Z_,;=.0-9-]{0,30}$/)
    fc.assert(
      fc.property(fc.oneof(fc.string(), tagLike), (text) => {
        const tags = readLanguages(text) ?? []
        expect(Intl.getCanonicalLocales([...tags])).toEqual(tags)
      }),
    )
  })
})

describe('lookUpLanguage', () => {
  const offered = (...tags: string[]) => new Map(tags.map((tag) => [tag, tag]))

  it.each([
    [['de'], ['de', 'en'], 'de'],
    [['de-AT'], ['de', 'de-AT'], 'de-AT'],
    [['de-CH'], ['de', 'de-AT'], 'de'],
    [['zh-Hant-TW'], ['zh', 'zh-Hant'], 'zh-Hant'],
    [['zh-TW'], ['zh-Hant', 'zh'], 'zh'],
    [['fr-CA', 'en-CA', 'en'], ['en', 'de'], 'en'],
    [['de', 'en'], ['en', 'de'], 'de'],
    [['de-DE-u-co-phonebk'], ['de'], 'de'],
    [['cy-GB', 'en'], ['cy', 'en'], 'cy'],
    [['mr-IN'], ['mr', 'hi'], 'mr'],
    [['x-private'], ['de'], undefined],
    [['de'], ['de-AT'], undefined],
    [[], ['de'], undefined],
    [['de'], [], undefined],
  ])('of %j among %j finds %s', (asked, tags, expected) => {
    expect(lookUpLanguage(asked, offered(...tags))).toBe(expected)
  })

  it('never asks for a range that ends in a single letter', () => {
    const asked: string[] = []
    const listening = { get: (tag: string) => void asked.push(tag) } as unknown as ReadonlyMap<string, string>
    lookUpLanguage(['de-DE-x-a-trial-u-co'], listening)
    expect(asked).toEqual(['de-DE-x-a-trial-u-co', 'de-DE-x-a-trial', 'de-DE', 'de'])
  })
})
