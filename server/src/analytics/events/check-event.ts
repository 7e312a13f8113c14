import {
  type Event,
  faults,
  isEventId,
  isEventName,
  isPropertyName,
  isShortText,
  isStorable,
  longestText,
  mostProperties,
  type Rejection,
} from '../../../../contract/event.ts'
import { isJsonObject } from '../../../../contract/json-equal.ts'
import { jsonPointer } from '../../../../contract/json-pointer.ts'
import { readTime } from './read-time.ts'

/** Why an event is not taken. */
export type Fault = Omit<Rejection, 'index'>

const invalid = (field: string, expected: string): Fault => ({
  code: 'invalid_field',
  detail: `/${field} must be ${expected}`,
})

const isWholeWithin = (value: unknown, least: number, most: number): boolean =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most

const isText = (value: unknown, fits: (text: string) => boolean): boolean =>
  typeof value === 'string' && fits(value)

const isTime = (text: string): boolean => !Number.isNaN(readTime(text))

/**
 * What is wrong with an event, or null: the same as the schema `event` of the contract says, a tenth of its time, which thirty
 * thousand events a second do not leave. A property test holds the two together.
 */
export const checkEvent = (value: unknown): Fault | null => {
  if (!isJsonObject(value)) return { code: 'invalid_field', detail: 'An event must be an object.' }
  for (const field in value) {
    const fault = checkField(field, value[field])
    if (fault) return fault
  }
  const { eventId, name, at } = value
  if (eventId === undefined) return missing('eventId')
  if (name === undefined) return missing('name')
  return at === undefined ? missing('at') : null
}

const missing = (field: keyof Event): Fault => ({
  code: 'missing_field',
  detail: `/${field} is required`,
})

const checkField = (field: string, value: unknown): Fault | null => {
  switch (field) {
    case 'eventId':
      return isText(value, isEventId) ? null : invalid(field, faults.eventId)
    case 'name':
      return isText(value, isEventName) ? null : invalid(field, faults.name)
    case 'at':
      return isText(value, isTime) ? null : invalid(field, faults.at)
    case 'revision':
      return isWholeWithin(value, 1, Number.MAX_SAFE_INTEGER) ? null : invalid(field, faults.revision)
    case 'bucket':
      return isWholeWithin(value, 0, 9_999) ? null : invalid(field, faults.bucket)
    case 'configVersion':
    case 'platform':
    case 'appVersion':
      return isText(value, isShortText) ? null : invalid(field, faults.shortText)
    case 'properties':
      return checkProperties(value)
    default:
      return {
        code: 'unknown_field',
        detail: `${jsonPointer([field.slice(0, 200)])} is not known here; remove it, check its spelling, or make it one of properties`,
      }
  }
}

const checkProperties = (properties: unknown): Fault | null => {
  if (!isJsonObject(properties)) return invalid('properties', faults.properties)
  let count = 0
  for (const name in properties) {
    const fault = checkProperty(name, properties[name])
    if (fault) return fault
    count += 1
  }
  return count <= mostProperties ? null : invalid('properties', faults.properties)
}

const checkProperty = (name: string, value: unknown): Fault | null => {
  const where = (): string => `properties/${name.slice(0, 200)}`
  if (!isPropertyName(name))
    return { code: 'invalid_field', detail: `/${where()}: a property has a name of ${faults.name}` }
  if (typeof value === 'boolean') return null
  if (typeof value === 'number') {
    if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) return null
    return { ...invalid(where(), faults.number), code: 'number_out_of_range' }
  }
  if (typeof value !== 'string' || value.length > longestText) return invalid(where(), faults.value)
  if (isStorable(value)) return null
  return { ...invalid(where(), faults.text), code: 'unsupported_character' }
}
