import { connect, type Socket } from 'node:net'
import { makeEventRequest } from './event-batch.ts'

export interface SentEvents {
  seconds: number
  /** That were answered as accepted. */
  accepted: number
  /** Of each batch, from its first byte sent to the last one answered. */
  latenciesMs: number[]
  /** Answers that were not 202, or did not accept all. */
  unexpected: number
}

interface Load {
  url: string
  appId: string
  batch: number
  connections: number
  seconds: number
  /** Batches a second over all connections; as many as can be where it is left out. */
  perSecond?: number
}

/** One answer at a time on a connection that stays open. */
const answersOf = (socket: Socket): (() => Promise<{ status: number; body: string }>) => {
  let text = ''
  let waiting: PromiseWithResolvers<{ status: number; body: string }> | undefined
  const look = (): void => {
    const end = text.indexOf('\r\n\r\n')
    if (end < 0 || !waiting) return
    const length = Number(/content-length: (\d+)/i.exec(text.slice(0, end))?.[1] ?? 0)
    if (text.length < end + 4 + length) return
    const answer = { status: Number(text.slice(9, 12)), body: text.slice(end + 4, end + 4 + length) }
    text = text.slice(end + 4 + length)
    waiting.resolve(answer)
    waiting = undefined
  }
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk
    look()
  })
  socket.on('error', (error) => waiting?.reject(error))
  socket.on('close', () => waiting?.reject(new Error('the connection was closed')))
  return () => {
    waiting = Promise.withResolvers()
    return waiting.promise
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Sends batches over connections that each wait for their answer before they send the next. */
export const sendEvents = async ({
  url,
  appId,
  batch,
  connections,
  seconds,
  perSecond,
}: Load): Promise<SentEvents> => {
  const { hostname, port, host } = new URL(url)
  const result: SentEvents = { seconds: 0, accepted: 0, latenciesMs: [], unexpected: 0 }
  const startedAt = performance.now()
  const until = startedAt + seconds * 1_000
  const everyMs = perSecond === undefined ? 0 : (connections * 1_000) / perSecond
  const run = async (index: number): Promise<void> => {
    const socket = connect(Number(port), hostname)
    socket.setNoDelay(true)
    const next = answersOf(socket)
    const request = makeEventRequest(appId, host, batch)
    // Spread over the interval, so that they do not all send at once.
    let due = startedAt + (everyMs * index) / connections
    while (performance.now() < until) {
      if (everyMs > 0) {
        await pause(Math.max(0, due - performance.now()))
        due += everyMs
      }
      request.renew()
      const sentAt = performance.now()
      const answer = next()
      socket.write(request.bytes)
      const { status, body } = await answer
      result.latenciesMs.push(performance.now() - sentAt)
      const accepted = status === 202 ? (JSON.parse(body) as { accepted: number }).accepted : 0
      result.accepted += accepted
      if (accepted !== batch) result.unexpected += 1
    }
    socket.destroy()
  }
  await Promise.all(Array.from({ length: connections }, (_, index) => run(index)))
  result.seconds = (performance.now() - startedAt) / 1_000
  return result
}
