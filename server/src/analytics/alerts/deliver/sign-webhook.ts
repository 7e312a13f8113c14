import { createHmac, randomBytes } from 'node:crypto'
import type { SigningSecret } from '../store/channels.ts'

const prefix = 'whsec_'

/** A fresh secret of 256 bits, as Standard Webhooks writes them. */
export const drawSecret = (): string => prefix + randomBytes(32).toString('base64')

/** The secrets that count now. */
const secretsAt = (secrets: readonly SigningSecret[], now: Date): SigningSecret[] =>
  secrets.filter(({ until }) => until === null || new Date(until) > now)

/**
 * The headers that a webhook is known by and checked with (Standard Webhooks 1.0): its id, the time of sending, and a signature by
 * each secret, so that a receiver can go over to a new one when it likes.
 */
export const signWebhook = (
  { id, at, body }: { id: string; at: Date; body: string },
  secrets: readonly SigningSecret[],
): Record<string, string> => {
  const timestamp = String(Math.floor(at.getTime() / 1_000))
  const signatures = secretsAt(secrets, at).map(({ secret }) => {
    const key = Buffer.from(secret.slice(prefix.length), 'base64')
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
  })
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') }
}
