import { stopping } from '../../../platform/http/stopping.ts'
import { refusalOf } from '../admit.ts'
import type { PreparedRelease } from '../prepare.ts'
import type { Subscriber, Topic } from './follow-topics.ts'
import type { Asker, Desk } from './open-stream.ts'
import type { WaitQuery } from './read-live-query.ts'

/** The revision of the config that a client gets of a release, by its context. */
export type RevisionFor = (release: PreparedRelease) => number

/**
 * Resolves when the client would get another revision than the one it has, when it has waited long enough or is gone. Throws
 * what a read is refused with, 429, and 503 when this process is stopping.
 */
export const waitForChange = async (
  desk: Desk,
  asker: Asker,
  { waitMs, revision }: WaitQuery,
  signal: AbortSignal,
  revisionFor: RevisionFor,
): Promise<void> => {
  if (desk.isDraining()) throw stopping()
  const free = desk.limits.take(asker.holder)
  const topic = desk.topics.enter(asker.appId, asker.channel)
  const waiting = subscribe(topic, waitMs, signal)
  try {
    for (;;) {
      const next = waiting.next()
      if ((await revisionNow(desk, topic, asker, revision, revisionFor)) !== revision) return
      if (!(await next)) return
    }
  } finally {
    waiting.end()
    desk.topics.leave(topic)
    free()
  }
}

const revisionNow = async (
  desk: Desk,
  topic: Topic,
  asker: Asker,
  seen: number,
  revisionFor: RevisionFor,
): Promise<number | undefined> => {
  const found = await desk.catchUp(topic.appId, topic.channel, seen)
  desk.topics.settle(topic, found)
  if (found.held.state === 'archived') return undefined
  const { release } = found.held
  const refusal = refusalOf(release, { isKeyed: asker.key !== undefined, labels: asker.labels })
  if (refusal) throw refusal
  return revisionFor(release)
}

interface Waiting {
  /** True with the next change from now on; false when there is nothing more to wait for. */
  next(): Promise<boolean>
  end(): void
}

const subscribe = (topic: Topic, waitMs: number, signal: AbortSignal): Waiting => {
  const over = Promise.withResolvers<boolean>()
  let told = Promise.withResolvers<boolean>()
  const leave = (): void => over.resolve(false)
  const subscriber: Subscriber = { has: 0, tell: () => told.resolve(true), leave }
  const timer = setTimeout(leave, waitMs)
  signal.addEventListener('abort', leave)
  topic.subscribers.add(subscriber)
  return {
    next() {
      told = Promise.withResolvers<boolean>()
      return Promise.race([told.promise, over.promise])
    },
    end() {
      clearTimeout(timer)
      signal.removeEventListener('abort', leave)
      topic.subscribers.delete(subscriber)
    },
  }
}
