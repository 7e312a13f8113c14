import type { AllowedOrigins } from '../../../platform/http/allowed-origins.ts'
import { corsHeadersFor } from '../../../platform/http/cors.ts'
import { drawRetryMs, eventStreamType, retryPiece } from '../../../platform/http/event-stream.ts'
import {
  type Outlet,
  ownStream,
  type Piece,
  pieceOf,
  type StreamSource,
} from '../../../platform/http/own-stream.ts'
import { takeRequestId } from '../../../platform/http/request-context.ts'
import { publicSecurity } from '../../../platform/http/security-headers.ts'
import { type Labels, refusalOf } from '../admit.ts'
import type { CatchUp } from '../catch-up.ts'
import { findHeld } from '../find-held.ts'
import type { HeldReleases } from '../held-releases.ts'
import type { ReadReleases } from '../read-release.ts'
import { gone } from '../refusals.ts'
import type { AskStores } from './ask-stores.ts'
import type { Subscriber, Topic, Topics } from './follow-topics.ts'
import type { StreamLimits } from './limit-streams.ts'
import { readStreamQuery } from './read-live-query.ts'
import type { Beating, Heartbeats } from './send-heartbeats.ts'
import type { News, StreamForm } from './write-news.ts'

/** Who asks, and for what. */
export interface Asker {
  appId: string
  channel: string
  /** The key by which it was let in. */
  key: string | undefined
  /** The labels that the key is limited to. */
  labels?: Labels | null
  /** Who it is counted for: the key, or without one the app. */
  holder: string
}

/** What all streams and waiting reads of a process share. */
export interface Desk {
  held: HeldReleases
  releases: ReadReleases
  topics: Topics
  limits: StreamLimits
  heartbeats: Heartbeats
  catchUp: CatchUp
  askStores: AskStores
  /** Whether this key, which opened a stream, may still read the channel. */
  stillCounts(asker: Asker): Promise<boolean>
  isDraining(): boolean
}

const heartbeat = pieceOf(':\n\n')

const headers = {
  'content-type': eventStreamType,
  // Proxies that compress or collect would keep events back.
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
  ...publicSecurity,
}

/** Answers with a stream of what changes for clients of a channel. Throws what a read is refused with, and 429. */
export const openStream = async (desk: Desk, request: Request, asker: Asker): Promise<Response> => {
  const { form, seen } = readStreamQuery(request)
  const free = desk.limits.take(asker.holder)
  const topic = desk.topics.enter(asker.appId, asker.channel)
  const over = (): void => {
    free()
    desk.topics.leave(topic)
  }
  try {
    const { isCertain, origins } = await look(desk, topic, asker, seen)
    const all = { ...headers, ...corsHeadersFor(origins, request), 'x-request-id': takeRequestId(request) }
    if (request.method === 'HEAD') {
      over()
      return new Response(null, { headers: all })
    }
    return ownStream(all, new StreamReader({ desk, asker, topic, form, seen, isCertain, over }))
  } catch (error) {
    over()
    throw error
  }
}

/** Brings this node to where the client is at least; whether what it holds then is the newest there is, and who may read it. */
const look = async (
  desk: Desk,
  topic: Topic,
  asker: Asker,
  seen: number | undefined,
): Promise<{ isCertain: boolean; origins: AllowedOrigins | null }> => {
  const { appId, channel } = topic
  let found = await findHeld(desk, appId, channel)
  let isCertain = true
  if (seen !== undefined && seen > found.held.sequence) {
    isCertain = await desk.askStores(appId, channel, seen)
    found = await findHeld(desk, appId, channel)
  }
  if (found.held.state === 'archived') throw gone(appId)
  const { release } = found.held
  const refusal = refusalOf(release, { isKeyed: asker.key !== undefined, labels: asker.labels })
  if (refusal) throw refusal
  desk.topics.settle(topic, found)
  return { isCertain, origins: release.origins }
}

interface Reading {
  desk: Desk
  asker: Asker
  topic: Topic
  form: StreamForm
  /** What the client has. */
  seen: number | undefined
  /** Whether this node knows that nothing is newer than what it holds. */
  isCertain: boolean
  over: () => void
}

/** One who listens. A class, because there are twenty thousand of them. */
class StreamReader implements StreamSource, Subscriber, Beating {
  has = 0
  readonly #reading: Reading
  #outlet: Outlet | undefined
  #stopBeating: (() => void) | undefined

  constructor(reading: Reading) {
    this.#reading = reading
  }

  open(outlet: Outlet): void {
    const { desk, topic } = this.#reading
    this.#outlet = outlet
    if (desk.isDraining()) {
      this.leave()
      return
    }
    if (this.#endIfShutOut()) return
    outlet.send(this.#greeting())
    topic.subscribers.add(this)
    this.#stopBeating = desk.heartbeats.add(this)
  }

  /** When to come back, and where the app stands now: as an event only where the client has something else. */
  #greeting(): Piece {
    const { desk, topic, form, seen, isCertain } = this.#reading
    const retry = `retry: ${drawRetryMs(desk.limits.size())}\n`
    // It was further at another node, and nobody can tell what has become of that: it is told of what is newer still.
    const isAhead = seen !== undefined && seen > topic.sequence && !isCertain
    this.has = isAhead ? seen : topic.sequence
    if (isAhead) return pieceOf(`${retry}\n`)
    const isCurrent = seen === undefined || seen === topic.sequence || seen === topic.revision
    const where = isCurrent ? `id: ${topic.sequence}\n\n` : desk.topics.newsOf(topic).text(form)
    return pieceOf(retry + where)
  }

  /** The app has come to ask for a key: who comes back without one is told so. */
  #endIfShutOut(): boolean {
    const { topic, asker } = this.#reading
    const isShutOut = topic.needsKey && asker.key === undefined
    if (isShutOut) this.#outlet?.end()
    return isShutOut
  }

  tell(news: News): void {
    if (this.#endIfShutOut()) return
    this.#outlet?.send(news.written(this.#reading.form))
  }

  beat(): void {
    const { desk, asker } = this.#reading
    this.#outlet?.send(heartbeat)
    if (asker.key !== undefined) void desk.stillCounts(asker).then((counts) => !counts && this.#outlet?.end())
  }

  leave(): void {
    this.#outlet?.end(retryPiece(this.#reading.desk.limits.size()))
  }

  closed(): void {
    this.#stopBeating?.()
    this.#reading.topic.subscribers.delete(this)
    this.#reading.over()
  }
}
