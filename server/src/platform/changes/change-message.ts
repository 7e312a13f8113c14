import type { Change, Notice } from './changes.ts'

const textOf = ({ appId, channel, sequence, madeAt }: Change): string =>
  JSON.stringify({ appId, channel, sequence, madeAt })

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

/** Packs a notice into messages of at most `maxBytes` each; one without names is one message. */
export const writeNotices = ({ topic, names }: Notice, maxBytes: number): string[] => {
  const frame = Buffer.byteLength(JSON.stringify({ topic, names: [] }))
  const messages: string[] = []
  let batch: string[] = []
  let bytes = frame
  for (const name of names) {
    const size = Buffer.byteLength(JSON.stringify(name)) + 1
    if (bytes + size > maxBytes && batch.length > 0) {
      messages.push(JSON.stringify({ topic, names: batch }))
      batch = []
      bytes = frame
    }
    batch.push(name)
    bytes += size
  }
  messages.push(JSON.stringify({ topic, names: batch }))
  return messages
}

const topics: readonly string[] = ['keys', 'limits', 'purge'] satisfies Notice['topic'][]

const isNotice = (value: unknown): value is Notice =>
  typeof value === 'object' &&
  value !== null &&
  'topic' in value &&
  typeof value.topic === 'string' &&
  topics.includes(value.topic) &&
  'names' in value &&
  Array.isArray(value.names) &&
  value.names.every((name) => typeof name === 'string')

const isChange = (value: unknown): value is Change =>
  typeof value === 'object' &&
  value !== null &&
  'appId' in value &&
  typeof value.appId === 'string' &&
  'channel' in value &&
  typeof value.channel === 'string' &&
  'sequence' in value &&
  Number.isSafeInteger(value.sequence)

/** What a message tells; members that a newer program added are dropped. Null when it is no such message. */
export const readMessage = (text: string): Change[] | Notice | null => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (isNotice(value)) return { topic: value.topic, names: value.names }
  if (!Array.isArray(value) || !value.every(isChange)) return null
  return value.map(({ appId, channel, sequence, madeAt }) => ({
    ...{ appId, channel, sequence },
    ...(Number.isSafeInteger(madeAt) && { madeAt }),
  }))
}
