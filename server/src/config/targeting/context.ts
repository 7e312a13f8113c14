import { bucketOf } from '../../../../contract/bucket-of.ts'
import { normalizePlatform } from '../../../../contract/normalize-platform.ts'
import { Problem } from '../../../../contract/problems.ts'
import type { Attributes, AttributeType } from '../../../../contract/targeting.ts'
import { coerceVersion } from './coerce-version.ts'
import { readLanguages } from './read-languages.ts'

/** What a device tells about itself, each value as rules compare it; what it does not tell is absent. */
export interface Context {
  platform?: string
  appVersion?: string
  osVersion?: string
  /** ISO 3166 alpha-2, upper case. */
  country?: string
  /** Canonical BCP 47 tags, the first one first. */
  language?: readonly string[]
  /** 0..9999. */
  bucket?: number
  /** What OpenFeature calls the subject of an evaluation: for flags alone. */
  targetingKey?: string
  custom?: Record<string, string | number | boolean>
}

export interface ReadContext {
  context: Context
  /** The names of those that are ignored because their values are malformed, in the order of the alphabet. */
  warnings: readonly string[]
}

type Value = string | number | boolean
type Read = (text: string) => Value | readonly string[] | undefined

/** Longer than any value that a rule could mean. */
const longest = 256
const numberPattern = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i
const bucketPattern = /^(?:0|[1-9]\d{0,3})$/

const readCountry = (text: string): string | undefined => {
  if (!/^[a-z]{2}$/i.test(text)) return undefined
  const country = text.toUpperCase()
  // Everybody says UK, and ISO 3166 keeps it for that.
  return country === 'UK' ? 'GB' : country
}
const readNumber = (text: string): number | undefined => {
  const number = numberPattern.test(text) ? Number(text) : Number.NaN
  return Math.abs(number) <= Number.MAX_SAFE_INTEGER ? number : undefined
}
const booleans = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
])

const standardReads: Readonly<Record<string, Read>> = {
  platform: normalizePlatform,
  appVersion: coerceVersion,
  osVersion: coerceVersion,
  country: readCountry,
  language: readLanguages,
}
const customReads: Readonly<Record<AttributeType, Read>> = {
  string: (text) => text,
  number: readNumber,
  boolean: (text) => booleans.get(text.toLowerCase()),
  version: coerceVersion,
}

/** A context that is being read. Values of OSs and of people's settings are ignored where they are malformed, and named. */
const startContext = (attributes: Attributes) => {
  const context: Record<string, unknown> = {}
  const custom: Record<string, Value> = {}
  const warnings: string[] = []
  return {
    take(name: string, text: string | undefined): void {
      if (text === '') return
      const standard = Object.hasOwn(standardReads, name) ? standardReads[name] : undefined
      const declared = Object.hasOwn(attributes, name) ? attributes[name] : undefined
      const read = standard ?? (declared && customReads[declared.type])
      if (!read) return
      const value = text === undefined || text.length > longest ? undefined : read(text)
      if (value === undefined) warnings.push(name)
      else if (standard) context[name] = value
      else custom[name] = value as Value
    },
    end(own: Pick<Context, 'bucket' | 'targetingKey'>): ReadContext {
      Object.assign(context, own)
      if (Object.keys(custom).length > 0) context.custom = custom
      return { context, warnings: warnings.sort() }
    },
  }
}

/**
 * The context in a query: of it only the attributes in `wanted`, the custom ones as `attributes` declares them. An empty
 * parameter is absent. Throws 400 (invalid_parameter) for a bucket that is not one: apps compute it, so it can be mended.
 */
export const readContext = (
  query: URLSearchParams,
  wanted: readonly string[],
  attributes: Attributes,
): ReadContext => {
  const reading = startContext(attributes)
  let bucket: number | undefined
  for (const name of wanted) {
    if (name === 'bucket') bucket = readBucket(query.getAll('bucket'))
    else {
      const text = query.get(name)
      if (text !== null) reading.take(name, text)
    }
  }
  return reading.end(bucket === undefined ? {} : { bucket })
}

const readBucket = (values: readonly string[]): number | undefined => {
  const [value, ...others] = values
  if (value === undefined) return undefined
  if (others.length > 0 || !bucketPattern.test(value)) throw invalidBucket(values.join(', '))
  return Number(value)
}

const invalidBucket = (value: string): Problem => {
  const detail = `bucket is ${JSON.stringify(value.slice(0, 50))}, but it must be a whole number from 0 to 9999, given once.`
  return new Problem('invalid_parameter', {
    detail,
    errors: [{ code: 'invalid_parameter', parameter: 'bucket', detail }],
  })
}

/**
 * The context in JSON: values may be numbers and booleans too, `language` also a list of texts; null is absent, and what is
 * no attribute is left out. With a `targetingKey` and no bucket, the bucket is that of the key. Throws 400 for a bucket that
 * is not one.
 */
export const contextOf = (values: Readonly<Record<string, unknown>>, attributes: Attributes): ReadContext => {
  const reading = startContext(attributes)
  for (const [name, value] of Object.entries(values)) {
    if (value !== null && value !== undefined) reading.take(name, textOf(value))
  }
  const { targetingKey } = values
  const key = typeof targetingKey === 'string' && targetingKey !== '' ? targetingKey : undefined
  const told = values.bucket ?? (key === undefined ? undefined : bucketOf(key))
  const bucket = told === undefined ? undefined : readBucket([textOf(told) ?? JSON.stringify(told)])
  return reading.end({
    ...(bucket !== undefined && { bucket }),
    ...(key !== undefined && { targetingKey: key }),
  })
}

const textOf = (value: unknown): string | undefined => {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value.join(',') : undefined
}
