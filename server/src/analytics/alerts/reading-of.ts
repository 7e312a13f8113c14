import type { AlertQuestion } from '../../../../contract/alert-question.ts'
import { type Devices, estimateDevices } from '../../platform/tally/devices.ts'
import { binsOf, latencyAt } from '../../platform/tally/latencies.ts'
import { devicesOf, type Group, type Tally } from '../../platform/tally/tally.ts'
import { unionOf } from '../questions/groups.ts'
import type { Reading } from './judge-rule.ts'

/** What is not in a tally itself. */
export interface Beside {
  /** Revisions that were live at no moment that counts. */
  replaced: ReadonlySet<string>
  seconds: number
  /** How many devices there were; of a scope above apps its tally does not tell. */
  devices: number
}

/** Values of the facets `revision` and `held` that name no revision. */
const noRevision = new Set(['none', 'unknown', 'other'])

const quantiles = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 } as const

type Of<Question extends AlertQuestion['question']> = Extract<AlertQuestion, { question: Question }>

/** The answer to a question by what was counted; null where there was nothing that it could be about. */
export const readingOf = (on: AlertQuestion, tally: Tally, beside: Beside): Reading => {
  switch (on.question) {
    case 'usage':
      return counted(on.measure, countOf(tally, on.where), beside)
    case 'errors': {
      const count = groupOf(tally, 'status', on.status)?.count ?? 0
      return on.measure === 'count' ? { value: count, count } : share(count, tally.requests)
    }
    case 'latency':
      return readLatency(on, tally)
    case 'cache':
      return share(groupOf(tally, 'cache', 'hit')?.count ?? 0, tally.requests)
    case 'devices':
      return readDevices(on, tally, beside)
    case 'adoption':
      return readAdoption(tally, beside)
    case 'stuck':
      return readStuck(on, tally, beside)
    case 'lag':
      return readLag(tally, beside)
    case 'events':
      return readEvents(on, tally, beside)
    case 'health':
      return { value: null, count: 0 }
  }
}

const share = (part: number, whole: number): Reading => ({
  value: whole > 0 ? Math.min(1, part / whole) : null,
  count: whole,
})

const counted = (measure: 'count' | 'perSecond', count: number, { seconds }: Beside): Reading => ({
  value: measure === 'count' ? count : count / seconds,
  count,
})

const groupOf = (tally: Tally, facet: string, value: string): Group | undefined =>
  tally.facets.get(facet)?.get(value)

const countOf = (tally: Tally, where: { facet: string; value: string } | undefined): number =>
  where ? (groupOf(tally, where.facet, where.value)?.count ?? 0) : tally.requests

const readLatency = ({ measure, thanMs = 0 }: Of<'latency'>, { latencies }: Tally): Reading => {
  const { count } = latencies
  if (count === 0) return { value: null, count }
  if (measure !== 'slower') return { value: latencyAt(latencies, quantiles[measure]), count }
  const limit = latencies.mapping.key(thanMs)
  const slower = binsOf(latencies).reduce((sum, [key, many]) => sum + (key > limit ? many : 0), 0)
  return share(slower, count)
}

const number = (devices: Devices | null): number => (devices === null ? 0 : estimateDevices(devices).devices)

const readDevices = ({ where }: Of<'devices'>, tally: Tally, { devices }: Beside): Reading => {
  const value = where ? number(groupOf(tally, where.facet, where.value)?.devices ?? null) : devices
  return { value, count: value }
}

/** The groups of a facet whose revision is one, those that were replaced apart. */
const byStanding = (tally: Tally, facet: 'revision' | 'held', replaced: ReadonlySet<string>) => {
  const sums = { all: 0, old: 0, devices: null as Devices | null, oldDevices: null as Devices | null }
  for (const [value, { count, devices }] of tally.facets.get(facet) ?? []) {
    if (noRevision.has(value)) continue
    sums.all += count
    sums.devices = unionOf(sums.devices, devices)
    if (!replaced.has(value)) continue
    sums.old += count
    sums.oldDevices = unionOf(sums.oldDevices, devices)
  }
  return sums
}

/** Of an app by its devices, above apps by requests: `adoption` says there what each answer was worth. */
const readAdoption = (tally: Tally, { replaced }: Beside): Reading => {
  const above = tally.facets.get('adoption')
  if (above) {
    const [current, older] = [above.get('current')?.count ?? 0, above.get('older')?.count ?? 0]
    return share(current, current + older)
  }
  const { devices, oldDevices } = byStanding(tally, 'revision', replaced)
  const whole = number(devices)
  return share(Math.max(0, whole - number(oldDevices)), whole)
}

const readStuck = ({ measure }: Of<'stuck'>, tally: Tally, { replaced }: Beside): Reading => {
  const { devices, oldDevices } = byStanding(tally, 'held', replaced)
  const [stuck, whole] = [number(oldDevices), number(devices)]
  return measure === 'count' ? { value: stuck, count: whole } : share(stuck, whole)
}

const readLag = (tally: Tally, { replaced }: Beside): Reading => {
  const { all, old } = byStanding(tally, 'revision', replaced)
  return share(old, all)
}

const readEvents = ({ measure, event, where }: Of<'events'>, tally: Tally, beside: Beside): Reading => {
  const group = eventGroup(tally, event, where)
  if (measure === 'count' || measure === 'perSecond') return counted(measure, group?.count ?? 0, beside)
  const devices = number(group?.devices ?? null)
  if (measure === 'devices') return { value: devices, count: devices }
  // A device may tell of itself without asking for its config meanwhile.
  return share(devices, Math.max(devices, number(devicesOf(tally, ['platform', 'event']))))
}

const eventGroup = (tally: Tally, event: string, where: Of<'events'>['where']): Group | undefined => {
  if (!where) return groupOf(tally, 'event', event)
  const facet = 'facet' in where ? where.facet : `property/${where.property}`
  return groupOf(tally, `event/${event}/${facet}`, where.value)
}
