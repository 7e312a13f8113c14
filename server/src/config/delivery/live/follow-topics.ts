import { setTimeout as sleep } from 'node:timers/promises'
import { takeTurns } from '../../../platform/take-turns.ts'
import type { FoundHeld } from '../find-held.ts'
import type { Held, HeldReleases } from '../held-releases.ts'
import { appOf, channelOf } from '../snapshot.ts'
import { changedKeys, isSameForAll } from './changed-keys.ts'
import { jitterMsFor, type News, writeNews } from './write-news.ts'

/** Whoever is told of changes: a stream, or a read that waits. */
export interface Subscriber {
  /** The newest sequence it was told of, or knew when it came. */
  has: number
  tell(news: News): void
  /** This process is stopping. */
  leave(): void
}

/** What the clients of an app's channel are told of. */
export interface Topic {
  readonly appId: string
  /** The channel that was asked for. */
  readonly channel: string
  readonly subscribers: Set<Subscriber>
  /** The channel whose releases they get: stable while theirs has none. Undefined until this node has looked. */
  from: string | undefined
  /** The newest of it that this node has held. */
  sequence: number
  /** The revision of the config that all clients get of that; undefined where it depends on who asks. */
  revision: number | undefined
  /** What a read must name so that it answers nothing older: the release's own revision, where just that went live. */
  fence: number
  /** Only who has a key may listen. */
  needsKey: boolean
}

interface Followed extends Topic {
  /** Who is at it, also those who are not told yet. */
  users: number
  /** The keys of what is still to be told; null where they are not known. */
  changed: Set<string> | null
  isBehind: boolean
  toldAt: number
  isTelling: boolean
}

export interface Topics {
  /** From now on this node stays up to date with the topic, whatever it evicts; until as many have left as came. */
  enter(appId: string, channel: string): Topic
  leave(topic: Topic): void
  /** Takes what was found over, where this node had not looked before. */
  settle(topic: Topic, found: FoundHeld): void
  /** Whether anybody follows what is held under this key. */
  isFollowed(key: string): boolean
  /** This node answers something newer under this key than what it held before. */
  noteHeld(key: string, before: Held | undefined, now: Held): void
  /** What to tell somebody who has missed something, nobody knows what. */
  newsOf(topic: Topic): News
  /** All who are subscribed leave. */
  empty(): Promise<void>
}

interface TopicOptions {
  held: HeldReleases
  /** Between two tellings of a topic; what changes meanwhile is told together. */
  everyMs: number
  onError: (error: unknown) => void
}

/** Who follows which apps, and what they are told: of each change, once this node answers it. */
export const followTopics = ({ held, everyMs, onError }: TopicOptions): Topics => {
  const byApp = new Map<string, Map<string, Followed>>()

  const note = (topic: Followed, from: string, before: Held | undefined, now: Held): void => {
    const isAnother = topic.from !== from
    topic.from = from
    if (!isAnother && now.sequence <= topic.sequence) return
    topic.needsKey = needsKeyOf(now)
    const isNextStep = !isAnother && before?.sequence === topic.sequence
    if (isNextStep && isUnchanged(before, now)) {
      topic.sequence = now.sequence
      return
    }
    const keys = isNextStep ? keysBetween(before, now, onError) : null
    topic.changed = keys && topic.changed ? topic.changed.union(new Set(keys)) : null
    topic.isBehind = true
    // This node had not heard of the channel's first release, yet of a later one of stable.
    if (now.sequence <= topic.sequence) for (const one of topic.subscribers) one.has = 0
    topic.fence = fenceOf(now, topic.sequence)
    topic.sequence = Math.max(topic.sequence, now.sequence)
    topic.revision = revisionForAll(now)
    if (!topic.isTelling) void tellWhileBehind(topic, everyMs).catch(onError)
  }

  return {
    enter(appId, channel) {
      const channels = byApp.get(appId) ?? new Map<string, Followed>()
      byApp.set(appId, channels)
      const topic = channels.get(channel) ?? newTopic(appId, channel)
      channels.set(channel, topic)
      topic.users += 1
      return topic
    },
    leave(left) {
      const topic = left as Followed
      topic.users -= 1
      if (topic.users > 0) return
      const channels = byApp.get(topic.appId)
      channels?.delete(topic.channel)
      if (channels?.size === 0) byApp.delete(topic.appId)
    },
    settle(topic, found) {
      if (topic.from !== undefined) return
      topic.from = channelOf(found.key)
      const now = held.peek(found.key) ?? found.held
      topic.sequence = now.sequence
      topic.fence = now.sequence
      topic.needsKey = needsKeyOf(now)
      topic.revision = revisionForAll(now)
    },
    isFollowed(key) {
      const own = channelOf(key)
      const channels = byApp.get(appOf(key))
      if (!channels) return false
      return [...channels.values()].some(
        ({ channel, from }) => channel === own || (own === 'stable' && from !== channel),
      )
    },
    noteHeld(key, before, now) {
      const own = channelOf(key)
      for (const topic of byApp.get(appOf(key))?.values() ?? []) {
        if (topic.from === undefined) continue
        if (topic.channel === own || topic.from === own) note(topic, own, before, now)
      }
    },
    newsOf: (topic) => write(topic, null),
    async empty() {
      const turns = takeTurns()
      for (const topic of [...byApp.values()].flatMap((channels) => [...channels.values()])) {
        for (const subscriber of topic.subscribers) {
          subscriber.leave()
          await turns()
        }
      }
    },
  }
}

const newTopic = (appId: string, channel: string): Followed => ({
  appId,
  channel,
  subscribers: new Set(),
  from: undefined,
  sequence: 0,
  revision: undefined,
  fence: 0,
  needsKey: false,
  users: 0,
  changed: new Set(),
  isBehind: false,
  toldAt: Number.NEGATIVE_INFINITY,
  isTelling: false,
})

const needsKeyOf = (held: Held): boolean => held.state === 'released' && held.release.needsKey

const revisionForAll = (held: Held): number | undefined =>
  held.state === 'released' && !held.release.candidate ? held.release.live.revision : undefined

/**
 * A state before this one has a lower sequence than a release that it brings, so the release's revision fences as well, and its
 * answers may be kept for a year. Steps of a rollout, and changes of the app, have no revision of their own.
 */
const fenceOf = (now: Held, before: number): number => {
  const revision = revisionForAll(now)
  return revision !== undefined && revision > before ? revision : now.sequence
}

const isUnchanged = (before: Held, now: Held): boolean =>
  before.state === 'released' && now.state === 'released' && isSameForAll(before.release, now.release)

/** Null where they are not known: that something has changed is told all the same. */
const keysBetween = (before: Held, now: Held, onError: (error: unknown) => void): string[] | null => {
  if (before.state !== 'released' || now.state !== 'released') return null
  try {
    return changedKeys(before.release, now.release)
  } catch (error) {
    onError(error)
    return null
  }
}

const write = (topic: Topic, changedKeys: string[] | null): News => {
  const { appId, channel, from = channel, sequence, fence, subscribers } = topic
  const jitterMs = jitterMsFor(subscribers.size)
  return writeNews(sequence, { appId, channel: from, revision: fence, changedKeys, jitterMs })
}

/** The first change is told at once, those that follow it soon together. */
const tellWhileBehind = async (topic: Followed, everyMs: number): Promise<void> => {
  topic.isTelling = true
  try {
    while (topic.isBehind) {
      const restMs = topic.toldAt + everyMs - performance.now()
      if (restMs > 0) await sleep(restMs, undefined, { ref: false })
      const news = write(topic, topic.changed && [...topic.changed])
      topic.changed = new Set()
      topic.isBehind = false
      topic.toldAt = performance.now()
      await tellAll(topic, news)
    }
  } finally {
    topic.isTelling = false
  }
}

const tellAll = async ({ subscribers }: Topic, news: News): Promise<void> => {
  const turns = takeTurns()
  for (const subscriber of subscribers) {
    await turns()
    if (subscriber.has >= news.sequence) continue
    subscriber.has = news.sequence
    subscriber.tell(news)
  }
}
