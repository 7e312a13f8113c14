import { newEventId } from '../../server/src/analytics/events/events.fixture.ts'
import { pause } from './fleet.ts'

const names = ['config_applied', 'app_error', 'checkout'] as const

interface SentEvent {
  eventId: string
  name: string
  at: string
  bucket: number
}

export interface SentTotals {
  /** Every event that was made, by id. All were acknowledged in the end. */
  events: Map<string, SentEvent>
  accepted: number
  /** Acknowledged as there already: their first answer was lost. */
  duplicates: number
  /** Attempts that brought no answer, or one that says to try again. */
  failures: Record<string, number>
}

const makeBatch = (size: number): SentEvent[] =>
  Array.from({ length: size }, (_, n) => ({
    eventId: newEventId(),
    name: names[n % names.length] ?? names[0],
    at: new Date().toISOString(),
    bucket: Math.floor(Math.random() * 10_000),
  }))

/**
 * Plays apps that send batches one after the other, and each again with the same ids until it is acknowledged. `stop` ends them
 * when everything that was begun is acknowledged.
 */
export const sendUntilAcknowledged = (
  url: () => string,
  { appId, senders = 6, batch = 25 }: { appId: string; senders?: number; batch?: number },
): { count: () => number; stop: () => Promise<SentTotals> } => {
  const totals: SentTotals = { events: new Map(), accepted: 0, duplicates: 0, failures: {} }
  let isStopping = false

  const attempt = async (events: readonly SentEvent[]): Promise<boolean> => {
    const response = await fetch(`${url()}/v1/api/analytics/${appId}/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ events, sentAt: new Date().toISOString() }),
      signal: AbortSignal.timeout(15_000),
    })
    const answer = (await response.json()) as { accepted: number; duplicates: number; rejected: unknown[] }
    if (response.status === 503 || response.status === 502 || response.status === 504) {
      fail(String(response.status))
      return false
    }
    if (response.status !== 202 || answer.rejected.length > 0)
      throw new Error(`answered ${response.status}: ${JSON.stringify(answer)}`)
    totals.accepted += answer.accepted
    totals.duplicates += answer.duplicates
    return true
  }
  const fail = (why: string): void => {
    totals.failures[why] = (totals.failures[why] ?? 0) + 1
  }
  const send = async (events: readonly SentEvent[]): Promise<void> => {
    for (;;) {
      const isDone = await attempt(events).catch((error: unknown) => {
        // Nobody listens, the connection broke, or the answer was cut off; whatever else is wrong is a finding.
        if (!(error instanceof TypeError || error instanceof SyntaxError || isTimeout(error))) throw error
        fail('no answer')
        return false
      })
      if (isDone) return
      await pause(50)
    }
  }
  const play = async (): Promise<void> => {
    while (!isStopping) {
      const events = makeBatch(batch)
      await send(events)
      for (const event of events) totals.events.set(event.eventId, event)
    }
  }
  const playing = Promise.all(Array.from({ length: senders }, play))
  // Told by `stop`.
  playing.catch(() => {})
  return {
    count: () => totals.events.size,
    async stop() {
      isStopping = true
      await playing
      return totals
    },
  }
}

const isTimeout = (error: unknown): boolean => error instanceof Error && error.name === 'TimeoutError'
