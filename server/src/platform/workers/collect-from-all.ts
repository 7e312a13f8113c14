import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { joinMetrics } from '../telemetry/join-metrics.ts'
import type { Metric } from '../telemetry/metric.ts'

/** A worker asks its parent for the metrics of all; the parent asks each, and gathers what they say. */
type Message =
  | { kind: 'collect from all'; id: string }
  | { kind: 'collect'; id: string }
  | { kind: 'collected'; id: string; metrics: Metric[] }
  | { kind: 'collected from all'; id: string; metrics: Metric[] }

/** More than one worker needs for its own, which waits for its stores for a second at most. */
const answersWithinMs = 1_500

const isMessage = (message: unknown): message is Message =>
  typeof message === 'object' && message !== null && 'kind' in message

/** Which worker the points are of. */
const ofWorker = (metrics: readonly Metric[], worker: number): Metric[] =>
  metrics.map((metric) => {
    const points = metric.points.map((point) => ({
      ...point,
      attributes: { ...point.attributes, 'parasol.worker': worker },
    }))
    return { ...metric, points } as Metric
  })

/**
 * In a worker: answers the metrics of all workers, each with its number. Whichever worker a scrape meets, it sees the same, and no counter falls.
 * Where the parent does not answer, those of this one.
 */
export const collectFromAll = (own: () => Promise<Metric[]>): (() => Promise<Metric[]>) => {
  const waiting = new Map<string, (metrics: Metric[]) => void>()
  const send = (message: Message): void => {
    process.send?.(message)
  }
  process.on('message', (message) => {
    if (!isMessage(message)) return
    if (message.kind === 'collect') {
      void own().then((metrics) => send({ kind: 'collected', id: message.id, metrics: metrics.map(plain) }))
    } else if (message.kind === 'collected from all') waiting.get(message.id)?.(message.metrics)
  })
  return async () => {
    const id = randomUUID()
    const { promise, resolve } = Promise.withResolvers<Metric[] | undefined>()
    waiting.set(id, resolve)
    const timer = setTimeout(() => resolve(undefined), answersWithinMs * 2)
    send({ kind: 'collect from all', id })
    const metrics = await promise
    clearTimeout(timer)
    waiting.delete(id)
    return metrics ?? own()
  }
}

/** Prometheus has no use for exponential buckets, and JSON none for maps. */
const plain = (metric: Metric): Metric =>
  metric.kind === 'histogram'
    ? {
        ...metric,
        points: metric.points.map(({ attributes, value: { exponential: _, ...value } }) => ({
          attributes,
          value,
        })),
      }
    : metric

/** In the parent: passes on what one worker asks of all. `workers` are those alive, by their numbers from 1. */
export const gatherForWorkers = (
  workers: () => ReadonlyMap<number, ChildProcess>,
): ((child: ChildProcess) => void) => {
  const gatherings = new Map<string, (metrics: Metric[]) => void>()

  const gather = async (worker: number, child: ChildProcess): Promise<Metric[]> => {
    const id = randomUUID()
    const { promise, resolve } = Promise.withResolvers<Metric[]>()
    gatherings.set(id, resolve)
    const timer = setTimeout(() => resolve([]), answersWithinMs)
    tell(child, { kind: 'collect', id })
    const metrics = await promise
    clearTimeout(timer)
    gatherings.delete(id)
    return ofWorker(metrics, worker)
  }
  return (child) => {
    child.on('message', async (message) => {
      if (!isMessage(message)) return
      if (message.kind === 'collected') gatherings.get(message.id)?.(message.metrics)
      if (message.kind !== 'collect from all') return
      const all = await Promise.all([...workers()].map(([number, one]) => gather(number, one)))
      tell(child, { kind: 'collected from all', id: message.id, metrics: joinMetrics(all.flat()) })
    })
  }
}

/** It may end at any moment. */
const tell = (child: ChildProcess, message: Message): void => {
  if (child.connected) child.send(message, () => {})
}
