import type { Problem } from '../../../../contract/problems.ts'
import type { KeyHolder } from '../../platform/keys/client-keys.ts'
import type { PreparedRelease } from './prepare.ts'
import { keyNeeded, keyOfAnother, keyOfAnotherChannel, unknownKey } from './refusals.ts'

/** What is asked for with a key. */
interface Wanted {
  appId: string
  channel: string
  /** The address names the channel; else a client key does. */
  isChannelFixed: boolean
}

export type Labels = Readonly<Record<string, string>>

/** As whom an app is read. */
export interface Admitted {
  channel: string
  /** The labels that the key is limited to; null: to none. */
  labels: Labels | null
}

/** What a key opens of an app, as far as the key tells; else the 401 or 403. `refusalOf` sees to the rest. */
export const admit = (holder: KeyHolder | undefined, wanted: Wanted): Admitted | Problem => {
  const { appId, channel, isChannelFixed } = wanted
  if (!holder) return unknownKey()
  if ('scope' in holder) {
    const { appIds, labels } = holder.scope
    return appIds === null || appIds.includes(appId) ? { channel, labels } : keyOfAnother(appId)
  }
  if (holder.appId !== appId) return keyOfAnother(appId)
  if (isChannelFixed && holder.channel !== channel) return keyOfAnotherChannel(holder.channel, channel)
  return { channel: holder.channel, labels: null }
}

/** Why this reader gets nothing of what is held of an app: 401 without a key that it asks for, 403 with one for other labels. */
export const refusalOf = (
  { appId, needsKey, labels: has }: PreparedRelease,
  { isKeyed, labels }: { isKeyed: boolean; labels?: Labels | null | undefined },
): Problem | null => {
  if (!isKeyed) return needsKey ? keyNeeded(appId) : null
  if (!labels) return null
  const fits = Object.entries(labels).every(([name, value]) => has[name] === value)
  return fits ? null : keyOfAnother(appId)
}
