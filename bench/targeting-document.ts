import type { Override, Rule } from '../contract/targeting.ts'
import { documentOf50Keys } from './document.ts'

const countries = [
  'DE',
  'AT',
  'FR',
  'IT',
  'ES',
  'PL',
  'SE',
  'GB',
  'US',
  'CA',
  'BR',
  'IN',
  'JP',
  'KR',
  'AU',
  'ZA',
]
const languages = ['de', 'fr', 'it', 'es', 'pl', 'sv', 'en', 'pt', 'hi', 'ja']
const platforms = ['ios', 'android', 'web']

const pick = <T>(values: readonly T[], at: number): T => values[at % values.length] as T

/** Conditions as operators write them: a bad build, a market, a trial, a language. */
const conditionOf = (at: number): Rule => {
  const platform = { '==': [{ var: 'platform' }, pick(platforms, at)] }
  const country = { in: [{ var: 'country' }, [pick(countries, at), pick(countries, at * 7 + 3)]] }
  const build = { sem_ver: [{ var: 'appVersion' }, '<', `${1 + (at % 4)}.${at % 10}.0`] }
  const language = { '==': [{ var: 'language' }, pick(languages, at)] }
  return pick<Rule>(
    [{ and: [platform, build] }, country, { and: [language, country] }, { and: [build, country] }],
    at,
  )
}

/** A document of 50 keys with overrides over five attributes; every fifth is for a part of the buckets. */
export const targetedDocument = (
  overrides: number,
): { data: Record<string, unknown>; overrides: Override[] } => ({
  data: documentOf50Keys(),
  overrides: Array.from({ length: overrides }, (_, at) => ({
    name: `override-${at}`,
    when: conditionOf(at),
    ...(at % 5 === 0 && { rollout: 25 }),
    data: { [`setting_${String((at % 50) + 1).padStart(2, '0')}`]: { by: at } },
  })),
})

/** The queries of as many devices, no two alike. */
export const deviceQueries = (devices: number): string[] =>
  Array.from({ length: devices }, (_, at) => {
    const version = `${1 + (at % 4)}.${at % 13}.${at % 3}`
    return (
      `platform=${pick(platforms, at)}&appVersion=${version}&country=${pick(countries, at)}` +
      `&language=${pick(languages, at)}&bucket=${at % 10_000}`
    )
  })
