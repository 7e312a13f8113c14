import type { Attributes, AttributeType, standardAttributes } from '../../../../contract/targeting.ts'
import { type Shape, shapeOf, shapeOfValues } from './rule-shapes.ts'

/** What a rule may ask for: an attribute of an app, of every app, or flagd's own. */
type Asked = AttributeType | 'bucket' | 'time' | 'key'

/** What is known where a rule stands. */
export interface Scope {
  /** Conditions of overrides are held to more than the targeting of flags, which other tools write too. */
  isOverride: boolean
  asked: ReadonlyMap<string, Asked>
  /** The names that the rule asks for. */
  used: Set<string>
  /** How many operations the rule has so far. */
  operations: number
  refuse(pointer: string, detail: string): void
}

const standardTypes: Readonly<Record<(typeof standardAttributes)[number], Asked>> = {
  platform: 'string',
  appVersion: 'version',
  osVersion: 'version',
  country: 'string',
  language: 'string',
  bucket: 'bucket',
}
const ofFlags: Readonly<Record<string, Asked>> = {
  targetingKey: 'string',
  '$flagd.flagKey': 'key',
  '$flagd.timestamp': 'time',
}

export const askedIn = (attributes: Attributes, isOverride: boolean): ReadonlyMap<string, Asked> =>
  new Map([
    ...Object.entries(standardTypes),
    ...Object.entries(attributes).map(([name, { type }]) => [name, type] as const),
    ...(isOverride ? [] : Object.entries(ofFlags)),
  ])

/** What asking for it gives, an absent one included. */
export const shapeOfAsked = (asked: Asked, pointer: string): Shape => {
  if (asked === 'boolean') return shapeOfValues([true, false, null], pointer)
  if (asked === 'number') return shapeOf(['number', 'null'], Number.MAX_SAFE_INTEGER)
  if (asked === 'bucket') return shapeOf(['number', 'null'], 9999)
  if (asked === 'time') return shapeOf(['number'], Number.MAX_SAFE_INTEGER)
  return shapeOf(asked === 'key' ? ['string'] : ['string', 'null'])
}

/** `name` is none of what may be asked for: what to write instead. */
export const explainUnknown = (scope: Scope, name: string): string => {
  if (scope.isOverride && name === 'targetingKey')
    return 'targetingKey is for flags alone: ask for the bucket.'
  if (scope.isOverride && name === '$flagd.timestamp') {
    return 'The time is for flags alone, because caches keep what overrides give: schedule a release instead.'
  }
  if (scope.isOverride && Object.hasOwn(ofFlags, name)) return `${name} is for flags alone.`
  const own = [...scope.asked.keys()].filter((one) => !Object.hasOwn(ofFlags, one))
  return `${JSON.stringify(name)} is no attribute that is declared. There are ${own.join(', ')}: mend the name, or declare it among the attributes of the app.`
}
