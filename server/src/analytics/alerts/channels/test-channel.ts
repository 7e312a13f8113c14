import { randomUUID } from 'node:crypto'
import type { ChannelTest } from '../../../../../contract/alert-channel.ts'
import { requireWholeFleet } from '../../../platform/auth/authenticate.ts'
import type { Reader } from '../../change.ts'
import { type Sending, sendMessage } from '../deliver/send-message.ts'
import type { Message } from '../message.ts'
import { findChannel } from '../store/channels.ts'
import { noSuchChannel } from './read-channel.ts'

const testMessage = (now: Date): Message => ({
  kind: 'test',
  rule: 'test',
  severity: 'info',
  note: 'Sent by hand. Nothing is wrong.',
  ...{ alerts: [], changes: [], link: null },
  at: now.toISOString(),
})

/** Somebody waits for the answer. */
const testWithinMs = 10_000

/** Sends a test message, once and now; answers what the receiver said. Throws 403 or 404. */
export const testChannel = async (
  { db, actor }: Reader,
  name: string,
  sending: Omit<Sending, 'closing'>,
  closing: AbortSignal,
): Promise<ChannelTest> => {
  requireWholeFleet(actor, 'a channel for alerts')
  const channel = await findChannel(db, name)
  if (!channel) throw noSuchChannel(name)
  const began = performance.now()
  const id = `msg_${randomUUID().replaceAll('-', '')}`
  const { verdict, answer } = await sendMessage(
    channel,
    { id, message: testMessage(new Date()) },
    { ...sending, closing: AbortSignal.any([closing, AbortSignal.timeout(testWithinMs)]) },
  )
  return { isDelivered: verdict === 'sent', answer, tookMs: Math.round(performance.now() - began) }
}
