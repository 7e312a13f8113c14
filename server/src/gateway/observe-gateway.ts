import type { Meters } from '../platform/telemetry/meters.ts'
import type { About, NumberKind, NumberPoint } from '../platform/telemetry/metric.ts'
import type { EdgeCache } from './edge-cache/edge-cache.ts'
import type { RequestLimits } from './limits/limit-requests.ts'
import type { Neighbour } from './measure-peers.ts'

interface Observed {
  cache: Pick<EdgeCache, 'size'>
  limits: Pick<RequestLimits, 'counters' | 'decisions' | 'counting'>
  upstreams: () => readonly Neighbour[]
}

const about = (
  name: string,
  kind: NumberKind,
  unit: string,
  description: string,
): About & { kind: NumberKind } => ({
  ...{ name, kind, unit, description },
})

/** What a gateway has counted anyway, for whoever asks. */
export const observeGateway = ({ observe }: Meters, { cache, limits, upstreams }: Observed): void => {
  observe(
    about(
      'parasol.edge_cache.requests',
      'counter',
      '{request}',
      'Requests that the edge cache took, by what it did.',
    ),
    () => {
      const { hits, stale, misses, validations, collapsed } = cache.size()
      const by = { hit: hits, stale, miss: misses, validation: validations, collapsed }
      return Object.entries(by).map(([state, value]) => ({
        attributes: { 'parasol.cache.state': state },
        value,
      }))
    },
  )
  observe(
    about(
      'parasol.edge_cache.changes',
      'counter',
      '{response}',
      'Answers that were stored, evicted for others, and purged.',
    ),
    () => {
      const { stored, evictions, purged } = cache.size()
      const by = { stored, evicted: evictions, purged }
      return Object.entries(by).map(([change, value]) => ({
        attributes: { 'parasol.change': change },
        value,
      }))
    },
  )
  observe(
    about('parasol.edge_cache.size', 'updown', 'By', 'Memory that the edge cache takes.'),
    () => cache.size().bytes,
  )
  observe(
    about('parasol.edge_cache.entries', 'updown', '{response}', 'Answers that are stored.'),
    () => cache.size().entries,
  )
  observeLimits(observe, limits)
  observe(
    about('parasol.upstream.healthy', 'gauge', '', '1 while an upstream is well, 0 while it is left alone.'),
    () => upstreams().flatMap(healthOf),
  )
}

const observeLimits = (observe: Meters['observe'], limits: Observed['limits']): void => {
  observe(
    about(
      'parasol.limits.decisions',
      'counter',
      '{decision}',
      'What each limit decided of the requests that came under it.',
    ),
    () =>
      [...limits.decisions()].flatMap(([policy, { admitted, refused }]) =>
        Object.entries({ admitted, refused }).map(([outcome, value]) => ({
          attributes: { 'parasol.policy': policy, 'parasol.outcome': outcome },
          value,
        })),
      ),
  )
  observe(
    about('parasol.limits.clients', 'updown', '{client}', 'Clients that are counted, over all limits.'),
    () => limits.counters().clients,
  )
  observe(
    about(
      'parasol.limits.fallback',
      'gauge',
      '',
      '1 while Redis is away and each gateway keeps to its part of the limits; only with Redis.',
    ),
    () => {
      const counting = limits.counting()
      return counting && (counting === 'apart' ? 1 : 0)
    },
  )
  observe(
    about(
      'parasol.limits.shared_failures',
      'counter',
      '{question}',
      'Times that Redis did not answer a gateway about limits.',
    ),
    () => limits.counters().sharedFailures,
  )
}

/** Their URLs are told to nobody, as in /health. */
const healthOf = ({ name, upstreams }: Neighbour): NumberPoint[] =>
  upstreams.map(({ state }, index) => ({
    attributes: { 'parasol.upstream': name, 'parasol.upstream.number': index + 1 },
    value: state === 'ok' ? 1 : 0,
  }))
