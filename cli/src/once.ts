import { randomUUID } from 'node:crypto'

/** What every command takes that makes something. */
export const onceOptions = {
  'idempotency-key': {
    type: 'string',
    value: 'key',
    doc: 'the same key and command again, within 24 hours, does it once; else a new one each time',
  },
} as const

export const onceKey = (given: { 'idempotency-key': string | undefined }): string =>
  given['idempotency-key'] ?? randomUUID()
