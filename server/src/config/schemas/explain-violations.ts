import type { ErrorObject } from 'ajv'
import { jsonPointer } from '../../../../contract/json-pointer.ts'
import type { Finding } from './checks.ts'

/** More than these tell nobody more. */
export const mostFindings = 20
/** Longer values are cut where they are told. */
const longestTold = 200

const tell = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > longestTold ? `${text.slice(0, longestTold)}...` : text
}

const typeOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value

/** The value that a pointer of Ajv's names. */
const valueAt = (data: unknown, pointer: string): unknown =>
  pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step], data)

type Params = ErrorObject['params']

/** Where Ajv points to an object and means one of its keys: the parameter that names the key. */
const keyMeant: Record<string, string> = {
  required: 'missingProperty',
  dependentRequired: 'missingProperty',
  dependencies: 'missingProperty',
  additionalProperties: 'additionalProperty',
  unevaluatedProperties: 'unevaluatedProperty',
  propertyNames: 'propertyName',
}

const neededWith = ({ property }: Params): string =>
  `is missing, and is needed where there is ${tell(property)}`
const notAllowed = (): string => 'is not a key that the schema allows'

/** Words for whoever wrote the data; Ajv's own for what is not here. */
const words: Record<string, (params: Params, value: unknown) => string> = {
  required: () => 'is missing',
  dependentRequired: neededWith,
  dependencies: neededWith,
  additionalProperties: notAllowed,
  unevaluatedProperties: notAllowed,
  propertyNames: () => 'has a name that the schema does not allow',
  type: ({ type }, value) => `must be ${[type].flat().join(' or ')}, and is ${typeOf(value)}`,
  enum: ({ allowedValues }) => `must be one of ${tell(allowedValues)}`,
  const: ({ allowedValue }) => `must be ${tell(allowedValue)}`,
  pattern: ({ pattern }) => `must match the pattern ${tell(pattern)}`,
  format: ({ format }) => `must be written as the format ${tell(format)}`,
  anyOf: () => 'fits none of the alternatives that the schema gives (anyOf)',
  oneOf: ({ passingSchemas }) =>
    passingSchemas
      ? `fits more than one of the alternatives, numbers ${passingSchemas.join(' and ')} (oneOf)`
      : 'fits none of the alternatives that the schema gives (oneOf)',
  not: () => 'is what the schema rules out (not)',
  'false schema': () => 'is not allowed at all',
  uniqueItems: ({ i, j }) => `has the same item twice, at ${j} and ${i}`,
}

const explain = ({ keyword, instancePath, params, message }: ErrorObject, data: unknown): Finding => {
  const key = keyMeant[keyword]
  return {
    pointer: `${instancePath}${key === undefined ? '' : jsonPointer([params[key]])}`,
    detail: words[keyword]?.(params, valueAt(data, instancePath)) ?? message ?? `breaks ${keyword}`,
  }
}

/** What Ajv says of this data, in words and at the key it is about; once what several alternatives say. */
export const explainViolations = (errors: readonly ErrorObject[], data: unknown): Finding[] => {
  const findings = errors.map((error) => explain(error, data))
  return [...new Map(findings.map((finding) => [`${finding.pointer} ${finding.detail}`, finding])).values()]
}
