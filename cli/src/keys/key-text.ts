import type { Key } from '../../../contract/key.ts'
import { labelsText } from '../apps/labels.ts'
import { fieldLines } from '../output/table.ts'

/** What a key is for, in a few words. */
export const scopeText = ({ appIds, labels, channel }: Key): string => {
  const apps = appIds ? appIds.join(' ') : ''
  return [apps, labelsText(labels), channel ? `on ${channel}` : ''].filter((part) => part !== '').join(' ')
}

/** A key as lines of name and value; the key itself where it is known. */
export const keyText = (key: Key & { key?: string }): string =>
  fieldLines([
    ['keyId', key.keyId],
    ['name', key.name],
    ['role', key.role],
    ['for', scopeText(key) || 'everything'],
    ['state', key.state],
    ['expires', key.expiresAt],
    ['the one before', key.previousExpiresAt && `counts until ${key.previousExpiresAt}`],
    ['made', `${key.createdAt} by ${key.createdBy}`],
    ['last used', key.lastUsedOn],
    ['revoked', key.revokedAt],
  ])

/** A key just made: the only time that it is shown. */
export const newKeyText = (key: Key & { key: string }): string =>
  `${keyText(key)}\n\n${key.key}\n\nThis is the key. It is shown now and never again.`
