import type { Kysely } from 'kysely'
import type { RuleScope } from '../../../../contract/alert-rule.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { describeAlert, otherApps } from './describe-alert.ts'
import { type Judgement, judgeRule, type Reading } from './judge-rule.ts'
import type { Measure } from './measure.ts'
import { type EachApp, findStrays } from './measure-each.ts'
import { type Progress, stepAlert } from './step-alert.ts'
import { type AlertRow, forgetAlerts, listOpenAlerts, type SavedAlert, saveAlerts } from './store/alerts.ts'
import type { RuleRow } from './store/rules.ts'
import { windowsOf } from './windows-of.ts'

/** How the services are: by name, whether it is down. */
export type Downs = ReadonlyMap<string, boolean>

export interface Evaluating {
  measure: Measure
  downs: Downs
}

/** What has come of an alert, for the log. */
export interface Turned {
  rule: string
  subject: string
  became: 'firing' | 'resolved'
  summary: string
}

/** Apps that have an alert each; those beyond are told of together. */
const namedMost = 100

/**
 * Evaluates a rule at a time (ms since 1970), in the transaction that holds its row: measures, and takes each of its alerts one step
 * further.
 */
export const evaluateRule = async (
  db: Kysely<Tables>,
  rule: RuleRow,
  now: number,
  evaluating: Evaluating,
): Promise<Turned[]> => {
  const judged = await judgeSubjects(db, rule, now, evaluating)
  const open = new Map((await listOpenAlerts(db, rule.name)).map((row) => [row.subject, row]))
  const { scope } = rule.definition
  if (scope.kind === 'eachApp') {
    await judgeStrays(db, scope, judged, open)
    bundleOthers(judged, open)
  }
  const saved: SavedAlert[] = []
  const gone: number[] = []
  const turned: Turned[] = []
  for (const subject of new Set([...open.keys(), ...judged.keys()])) {
    const row = open.get(subject)
    const judgement = judged.get(subject) ?? unknownOf(rule)
    const alert = stepOf(rule, { subject, row, judgement, now })
    if (alert === 'gone') gone.push(row?.alert_id ?? 0)
    if (typeof alert !== 'object') continue
    saved.push(alert)
    const wasFiring = row?.state === 'firing'
    if (alert.state === 'resolved' || (alert.state === 'firing' && !wasFiring))
      turned.push({ rule: rule.name, subject, became: alert.state, summary: alert.summary })
  }
  await forgetAlerts(db, gone)
  await saveAlerts(db, rule.name, rule.definition.severity, saved)
  return turned
}

const unknownOf = ({ definition }: RuleRow): Judgement => judgeRule(definition, [])

const judgeSubjects = async (
  db: Kysely<Tables>,
  { definition }: RuleRow,
  now: number,
  { measure, downs }: Evaluating,
): Promise<Map<string, Judgement>> => {
  const { on, scope, condition, minimumCount } = definition
  if (on.question === 'health') {
    const judged = [...downs].map(
      ([name, isDown]) =>
        [name, judgeRule({ ...definition, minimumCount: 0 }, [{ value: isDown ? 1 : 0, count: 1 }])] as const,
    )
    return new Map(judged)
  }
  const readings: Map<string, Reading>[] = []
  for (const window of windowsOf(on, condition, now)) {
    readings.push(await measure(db, { on, scope, window, minimumCount }))
  }
  const subjects = scope.kind === 'eachApp' ? new Set(readings.flatMap((each) => [...each.keys()])) : ['']
  return new Map(
    [...subjects].map((subject) => [
      subject,
      judgeRule(
        definition,
        readings.map((each) => each.get(subject)),
      ),
    ]),
  )
}

/** Nothing is known of apps that a rule is no longer about, such as archived ones: of these it is no absence that nothing comes. */
const judgeStrays = async (
  db: Kysely<Tables>,
  scope: EachApp,
  judged: Map<string, Judgement>,
  open: ReadonlyMap<string, AlertRow>,
): Promise<void> => {
  const unseen = [...open.keys()].filter((subject) => !judged.has(subject))
  const strays = new Set(unseen.length > 0 ? await findStrays(db, scope, unseen) : [])
  for (const { subject, limit_value: limit } of open.values())
    if (strays.has(subject)) judged.set(subject, { verdict: 'unknown', value: null, limit })
}

/** Keeps a hundred apps that are bad, those that were before first; of the others the number alone, as one subject. */
const bundleOthers = (judged: Map<string, Judgement>, open: ReadonlyMap<string, AlertRow>): void => {
  const isNamed = (subject: string) => open.has(subject) && subject !== otherApps
  const left = namedMost - [...open.keys()].filter(isNamed).length
  const fresh = [...judged]
    .filter(([subject, { verdict }]) => verdict === 'bad' && !isNamed(subject))
    .sort(([, one], [, other]) => excess(other) - excess(one))
  const others = fresh.slice(Math.max(0, left))
  for (const [subject] of others) judged.delete(subject)
  const verdict = others.length > 0 ? 'bad' : 'good'
  judged.set(otherApps, { verdict, value: others.length, limit: 0 })
}

/** How far a value is from its limit; the worst are named. */
const excess = ({ value, limit }: Judgement): number => Math.abs((value ?? limit) - limit)

interface Looked {
  subject: string
  row: AlertRow | undefined
  judgement: Judgement
  now: number
}

/** The alert as it is after this look; `gone` where it had not fired, undefined where there is none. */
const stepOf = (rule: RuleRow, { subject, row, judgement, now }: Looked): SavedAlert | 'gone' | undefined => {
  const { definition } = rule
  const step = stepAlert(row && progressOf(row), judgement.verdict, now, {
    forMs: definition.forSeconds * 1_000,
    resolveAfterMs: definition.resolveAfterSeconds * 1_000,
  })
  if (step.became === 'nothing') return undefined
  if (step.became === 'gone') return 'gone'
  const isBad = judgement.verdict === 'bad'
  // What ends an alert is not what it was about.
  const summary = isBad || !row ? describeAlert(definition, subject, judgement) : row.summary
  const common = {
    alertId: row?.alert_id ?? null,
    subject,
    appId: appOf(definition.scope, subject, definition.on.question === 'health'),
    summary,
    value: judgement.value,
    limit: judgement.limit,
  }
  if (step.became === 'resolved') {
    const before = row as AlertRow
    const progress = { ...progressOf(before), seenAt: Math.max(now, before.seen_at.getTime()) }
    return {
      ...common,
      ...progress,
      state: 'resolved',
      resolvedAt: progress.seenAt,
      resolvedBecause: step.because,
    }
  }
  return { ...common, ...step.next, resolvedAt: null, resolvedBecause: null }
}

/** The app or template that an alert is about. */
export const appOf = (scope: RuleScope, subject: string, isHealth: boolean): string | null => {
  if (isHealth || subject === otherApps) return null
  if (scope.kind === 'eachApp') return subject
  return scope.kind === 'fleet' ? null : scope.appId
}

const progressOf = (row: AlertRow): Progress => ({
  state: row.state === 'pending' ? 'pending' : 'firing',
  pendingAt: row.pending_at.getTime(),
  firedAt: row.fired_at?.getTime() ?? null,
  goodSince: row.good_since?.getTime() ?? null,
  unknownSince: row.unknown_since?.getTime() ?? null,
  seenAt: row.seen_at.getTime(),
})
