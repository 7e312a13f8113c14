import type { Meters } from './meters.ts'

/** Shows how much waits in a queue of this process, or of a table that all processes share. Returns what ends it. */
export const observeQueue = (
  { observe }: Meters,
  queue: string,
  depth: () => number | undefined | Promise<number | undefined>,
): (() => void) => {
  const point = (value: number | undefined) =>
    value === undefined ? undefined : [{ attributes: { 'parasol.queue': queue }, value }]
  return observe(
    {
      name: 'parasol.queue.depth',
      kind: 'gauge',
      unit: '{item}',
      description: 'What waits, by the name of the queue.',
    },
    () => {
      const now = depth()
      return now instanceof Promise ? now.then(point) : point(now)
    },
  )
}
