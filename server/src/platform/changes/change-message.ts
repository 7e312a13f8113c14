import type { Change } from './changes.ts'

const textOf = ({ appId, channel, sequence }: Change): string => JSON.stringify({ appId, channel, sequence })

/** Packs changes into messages, JSON arrays of at most `maxBytes` each. */
export const writeMessages = (changes: readonly Change[], maxBytes: number): string[] => {
  const messages: string[] = []
  let batch: string[] = []
  let bytes = 2
  const flush = () => {
    if (batch.length > 0) messages.push(`[${batch.join(',')}]`)
    batch = []
    bytes = 2
  }
  for (const change of changes) {
    const text = textOf(change)
    const size = Buffer.byteLength(text) + 1
    if (bytes + size > maxBytes) flush()
    batch.push(text)
    bytes += size
  }
  flush()
  return messages
}

const isChange = (value: unknown): value is Change =>
  typeof value === 'object' &&
  value !== null &&
  'appId' in value &&
  typeof value.appId === 'string' &&
  'channel' in value &&
  typeof value.channel === 'string' &&
  'sequence' in value &&
  Number.isSafeInteger(value.sequence)

/** The changes of a message; members that a newer program added are dropped. Null when it is not such a message. */
export const readMessage = (text: string): Change[] | null => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (!Array.isArray(value) || !value.every(isChange)) return null
  return value.map(({ appId, channel, sequence }) => ({ appId, channel, sequence }))
}
