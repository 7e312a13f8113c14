import type { AlertCondition } from '../../../../contract/alert-condition.ts'
import type { AlertQuestion } from '../../../../contract/alert-question.ts'
import type { RuleDefinition } from '../../../../contract/alert-rule.ts'
import type { Judgement } from './judge-rule.ts'

const number = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

const amount = (value: number): string =>
  Math.abs(value) >= 1_000 ? whole.format(value) : number.format(value)

const isRatio = ({ measure }: AlertQuestion): boolean =>
  measure === 'rate' || measure === 'share' || measure === 'slower' || measure === 'hitRate'

/** A value in the unit of what a rule is about. */
const valueText = (on: AlertQuestion, value: number): string => {
  if (isRatio(on)) return `${number.format(value * 100)} %`
  return on.question === 'latency' ? `${amount(value)} ms` : amount(value)
}

const units: readonly (readonly [unit: string, seconds: number])[] = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
]

/** How long, in the largest unit that says it exactly: `5 min`. */
export const durationText = (seconds: number): string => {
  const [unit, size] = units.find(([, each]) => seconds >= each && seconds % each === 0) ?? ['s', 1]
  return `${seconds / size} ${unit}`
}

const whereText = (
  where: ({ value: string } & ({ facet: string } | { property: string })) | undefined,
): string => {
  if (!where) return ''
  return ` with ${'facet' in where ? where.facet : where.property} ${where.value}`
}

const whatText = (on: AlertQuestion): string => {
  switch (on.question) {
    case 'usage':
      return `requests${on.measure === 'count' ? '' : ' a second'}${whereText(on.where)}`
    case 'errors':
      return `${on.measure === 'rate' ? 'share of ' : ''}answers ${on.status}`
    case 'latency':
      return on.measure === 'slower'
        ? `share of answers slower than ${on.thanMs} ms`
        : `latency (${on.measure})`
    case 'cache':
      return 'share of answers from the cache'
    case 'devices':
      return `devices${whereText(on.where)}`
    case 'adoption':
      return 'share of devices that have what is live'
    case 'stuck':
      return `${on.measure === 'share' ? 'share of ' : ''}devices that hold what was replaced ${durationText(on.replacedSeconds)} ago`
    case 'events':
      return eventsText(on)
    case 'lag':
      return 'share of answers older than what is live'
    case 'health':
      return 'services that are down'
  }
}

const eventsText = ({ measure, event, where }: Extract<AlertQuestion, { question: 'events' }>): string => {
  const what = `${event}${whereText(where)}`
  if (measure === 'devices') return `devices with ${what}`
  if (measure === 'share') return `share of devices with ${what}`
  return `events ${what}${measure === 'count' ? '' : ' a second'}`
}

const services: Readonly<Record<string, string>> = {
  database: 'The database',
  redis: 'Redis',
  external_apis: 'What lies in front or beside (CDNs, upstreams)',
  config: 'The config service',
}

const scopeText = (scope: RuleDefinition['scope'], subject: string): string => {
  if (subject !== '') return ` of ${subject}`
  if (scope.kind === 'app') return ` of ${scope.appId}`
  return scope.kind === 'template' ? ` of the apps below ${scope.appId}` : ''
}

const againstText = { before: 'in the time before', day: 'a day before', week: 'a week before' } as const

const findingText = (on: AlertQuestion, condition: AlertCondition, { value, limit }: Judgement): string => {
  switch (condition.kind) {
    case 'threshold': {
      const now = value === null ? 'unknown' : valueText(on, value)
      return `${now} within ${durationText(condition.overSeconds)} (limit ${valueText(on, limit)})`
    }
    case 'change': {
      const percent =
        value === null ? 'changed' : `${number.format(Math.abs(value))} % ${value < 0 ? 'less' : 'more'}`
      return `${percent} than ${againstText[condition.against]}, within ${durationText(condition.overSeconds)} (limit ${number.format(limit)} %)`
    }
    case 'absence':
      return `none for ${durationText(condition.overSeconds)}`
    case 'burnRate': {
      const times = value === null ? 'unknown' : `${number.format(value)} times`
      return `${times} what an objective of ${number.format(condition.objective * 100)} % allows (limit ${number.format(limit)} times)`
    }
  }
}

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** The subject of the apps beyond those that have an alert each. */
export const otherApps = '*'

/** One line that says what is wrong, where, the value and the limit. */
export const describeAlert = (
  { on, scope, condition }: Pick<RuleDefinition, 'on' | 'scope' | 'condition'>,
  subject: string,
  judgement: Judgement,
): string => {
  if (on.question === 'health') return `${services[subject] ?? subject} is down`
  if (subject === otherApps)
    return `${capitalized(whatText(on))}: so it is with ${amount(judgement.value ?? 0)} more apps`
  return `${capitalized(whatText(on))}${scopeText(scope, subject)}: ${findingText(on, condition, judgement)}`
}
