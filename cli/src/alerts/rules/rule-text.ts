import type { AlertRule } from '../../../../contract/alert-rule.ts'
import { fieldLines } from '../../output/table.ts'

/** What a rule is about, in a few words. */
export const scopeText = ({ scope }: AlertRule): string => {
  if (scope.kind === 'app') return scope.appId
  if (scope.kind === 'template') return `below ${scope.appId}`
  return scope.kind === 'fleet' ? 'the fleet' : 'each app'
}

export const questionText = ({ on }: AlertRule): string => `${on.question} ${on.measure}`

/** A rule as lines of name and value. */
export const ruleText = (rule: AlertRule): string =>
  fieldLines([
    ['rule', rule.name],
    ['asks for', JSON.stringify(rule.on)],
    ['of', scopeText(rule)],
    ['is broken by', JSON.stringify(rule.condition)],
    ['needs', rule.minimumCount],
    ['fires after', `${rule.forSeconds} s`],
    ['well after', `${rule.resolveAfterSeconds} s`],
    ['severity', rule.severity],
    ['tells', rule.channels === null ? 'each channel by default' : rule.channels.join(' ') || 'nobody'],
    ['enabled', rule.isEnabled ? 'yes' : 'no'],
    ['note', rule.note],
    ['evaluated', rule.evaluatedAt],
    ['error', rule.lastError],
    ['revision', rule.revision],
  ])
