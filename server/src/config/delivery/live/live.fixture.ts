import type { Override } from '../../../../../contract/targeting.ts'
import { parseEvents, type Told } from '../../../platform/http/parse-events.fixture.ts'
import type { KeyHolder } from '../../../platform/keys/client-keys.ts'
import { createCatchUp } from '../catch-up.ts'
import { createHeldReleases } from '../held-releases.ts'
import type { Found, ReadReleases } from '../read-release.ts'
import { rules } from '../rules.fixture.ts'
import { type Asked, keyOf, type ReleasedSnapshot, type Snapshot, snapshotKey } from '../snapshot.ts'
import { type Asking, createLive, type LiveOptions } from './create-live.ts'

interface Content {
  channel?: string
  data?: Record<string, unknown>
  overrides?: Override[]
  flags?: ReleasedSnapshot['config']['flags']
  candidate?: ReleasedSnapshot['candidate']
  access?: 'key'
}

/** What is live of an app, as of this sequence, which is the revision too. */
export const snapshotOf = (appId: string, sequence: number, content: Content = {}): ReleasedSnapshot => {
  const { channel = 'stable', data = {}, overrides, flags, candidate, access } = content
  return {
    ...{ sequence, state: 'released', appId, channel, revision: sequence, sharesSecond: false },
    ...{ releasedAt: '2026-11-23T10:00:00.000Z', pollSeconds: null },
    config: {
      ...{ configVersion: '1.0.0', minimumAppVersion: null, recommendedAppVersion: null },
      ...{ deprecationDate: null, data, ...(overrides && { overrides }), ...(flags && { flags }) },
    },
    ...(candidate && { candidate }),
    ...(access && { access }),
  }
}

/** Live updates over stores that are a map, which can be away. */
export const openLive = (options: Partial<LiveOptions> & { cacheBytes?: number } = {}) => {
  const held = createHeldReleases(options.cacheBytes ?? 10_000_000, rules)
  const stored = new Map<string, Snapshot>()
  const clients = new Map<string, KeyHolder>()
  const errors: unknown[] = []
  const state = { isAway: false, renewals: 0 }

  const load = ({ appId, channel }: Asked): Found => {
    if (state.isAway) throw new Error('the stores are away')
    const snapshot = stored.get(keyOf({ appId, channel }))
    if (snapshot) {
      return { state: 'held', held: held.hold(snapshot, { unverified: false }), source: 'database' }
    }
    held.holdAbsence(snapshotKey(appId, channel), 'unreleased')
    return { state: 'absent', why: 'unreleased' }
  }
  const releases: ReadReleases = {
    read: async (appId, channel) => load({ appId, channel }),
    renew: async (changes) => {
      state.renewals += 1
      for (const change of changes) load(change)
    },
    verify: async () => {},
    believeCache: () => {},
  }
  const onError = (error: unknown): void => void errors.push(error)
  const live = createLive({
    ...{ held, releases, streamsPerKey: 100, everyMs: 0, heartbeatMs: 3_600_000, onError },
    catchUp: createCatchUp({ held, releases, onError, patienceMs: 100 }),
    clientKeys: { find: async (key) => clients.get(key) },
    ...options,
  })
  const asking = (appId: string, more: Partial<Asking> = {}): Asking => ({
    ...{ appId, channel: 'stable', key: undefined, keyId: undefined, ...more },
  })
  return {
    ...{ held, stored, clients, state, errors, live, asking },
    store: (snapshot: Snapshot): void => void stored.set(keyOf(snapshot), snapshot),
    /** Released, and taken over by this node. */
    publish(snapshot: Snapshot): void {
      stored.set(keyOf(snapshot), snapshot)
      held.hold(snapshot, { unverified: false })
    },
    listen: async (appId: string, query = '', more: Partial<Asking> = {}, headers = {}) =>
      readEvents(
        await live.stream(
          new Request(`http://parasol.example/v2/api/config/${appId}/stream${query}`, { headers }),
          asking(appId, more),
        ),
      ),
  }
}

/** Reads a stream's blocks one by one; undefined at its end. */
const readEvents = (response: Response) => {
  const reader = response.body?.getReader()
  if (!reader) throw new Error('there is no body')
  const parse = parseEvents()
  const told: Told[] = []
  return {
    response,
    async next(): Promise<Told | undefined> {
      while (told.length === 0) {
        const { value, done } = await reader.read()
        if (done) return undefined
        told.push(...parse(new TextDecoder().decode(value)))
      }
      return told.shift()
    },
    leave: () => reader.cancel(),
  }
}
