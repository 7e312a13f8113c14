import type { Effective } from '../effective.ts'

/** A release with the config it gives to clients, templates merged in. */
export interface ReleaseInSnapshot {
  revision: number
  releasedAt: string
  config: Effective
}

/** What a rollout is bringing, and to how many of the devices. */
export interface Candidate extends ReleaseInSnapshot {
  rolloutId: number
  percent: number
}

/** What is live on a channel, with everything needed to serve it. */
export interface ReleasedSnapshot extends ReleaseInSnapshot {
  /** Grows whenever what the app's clients see may change; what caches compare. */
  sequence: number
  state: 'released'
  appId: string
  channel: string
  /** The release before it happened within the same second: then Last-Modified cannot tell the two apart. */
  sharesSecond: boolean
  /** The app's own wish; null: as the setting says. */
  pollSeconds: number | null
  /** Who may read it; absent: anybody. */
  access?: 'key'
  /** Pages of which origins may read it; absent: of any. */
  allowedOrigins?: readonly string[]
  /** Absent: none. Keys may be limited to apps by them. */
  labels?: Readonly<Record<string, string>>
  candidate?: Candidate
}

export interface ArchivedSnapshot {
  sequence: number
  state: 'archived'
  appId: string
  channel: string
}

export type Snapshot = ReleasedSnapshot | ArchivedSnapshot

/** The name of an app's channel in every cache; ids hold no colon, so names cannot meet. */
export const snapshotKey = (appId: string, channel: string): string =>
  channel === 'stable' ? appId : `${appId}:${channel}`

export const appOf = (key: string): string => key.split(':', 1)[0] ?? key
export const channelOf = (key: string): string => key.split(':')[1] ?? 'stable'

/** One channel of one app. */
export interface Asked {
  appId: string
  channel: string
}

export const keyOf = ({ appId, channel }: Asked): string => snapshotKey(appId, channel)

/** Its name in level 2, for example `config:shop`. */
export const cacheKey = (key: string): string => `config:${key}`

/** As JSON text whose first member is the sequence, which is how caches compare without parsing. */
export const encodeSnapshot = ({ sequence, ...rest }: Snapshot): string =>
  JSON.stringify({ sequence, ...rest })

/** Reads what encodeSnapshot wrote; null for anything else, because a cache may hold what another version wrote. */
export const decodeSnapshot = (text: string, appId: string, channel: string): Snapshot | null => {
  try {
    const snapshot = JSON.parse(text) as Partial<ReleasedSnapshot>
    const ours =
      snapshot.appId === appId && snapshot.channel === channel && Number.isSafeInteger(snapshot.sequence)
    if (!ours) return null
    if ((snapshot.state as string) === 'archived') {
      return { sequence: snapshot.sequence as number, state: 'archived', appId, channel }
    }
    const { candidate, pollSeconds = null } = snapshot
    const isOurs =
      isWhole(snapshot) && isReadable(snapshot) && (pollSeconds === null || Number.isSafeInteger(pollSeconds))
    return isOurs && isStaged(candidate) ? ({ ...snapshot, pollSeconds } as ReleasedSnapshot) : null
  } catch {
    return null
  }
}

const isStaged = (candidate: Partial<Candidate> | undefined): boolean =>
  candidate === undefined ||
  (Number.isSafeInteger(candidate.rolloutId) && typeof candidate.percent === 'number' && isWhole(candidate))

/** Before there was `access`, an app was for anybody; what cannot be understood of it is for nobody. */
const isReadable = ({ access, allowedOrigins, labels }: Partial<ReleasedSnapshot>): boolean =>
  (access === undefined || access === 'key') &&
  (allowedOrigins === undefined || Array.isArray(allowedOrigins)) &&
  (labels === undefined || isObject(labels))

/** What version 0.1.0 wrote is whole too: it knew no recommendedAppVersion, no candidate, and nothing of targeting. */
const isWhole = ({ revision, releasedAt, config }: Partial<ReleaseInSnapshot>): boolean =>
  Number.isSafeInteger(revision) &&
  typeof releasedAt === 'string' &&
  typeof config?.configVersion === 'string' &&
  isObject(config.data) &&
  (config.overrides === undefined || Array.isArray(config.overrides)) &&
  (config.flags === undefined || isObject(config.flags)) &&
  (config.attributes === undefined || isObject(config.attributes))

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null
