import type { Kysely } from 'kysely'
import type { Tables } from '../../../platform/database/tables.ts'
import type { Log } from '../../../platform/log/open-log.ts'
import { findChannel } from '../store/channels.ts'
import { type DeliveryRow, giveBack, noteFailed, noteSent, takeDeliveries } from '../store/deliveries.ts'
import { backoffMs, triedMs } from './backoff-ms.ts'
import { type Sending, sendMessage } from './send-message.ts'

export interface DeliverOptions extends Omit<Sending, 'closing'> {
  db: Kysely<Tables>
  log: Log
  everyMs: number
  /** For how many ms it rests after so many attempts; the usual time where it is not given. */
  backoff?: (attempts: number) => number
  onError: (error: unknown) => void
}

/** Channels that are sent to at a time: one that is slow keeps no other waiting. */
const underWayMost = 16

/**
 * Sends what is due, looking every `everyMs` and when it is woken, one message a channel at a time. Any number of nodes may do so: who
 * takes a message has it for a minute, and what is taken by one that dies is sent by another, with the same id. `close` breaks off
 * what is under way, and gives it back.
 */
export const deliverWhenDue = (options: DeliverOptions): { wake(): void; close(): Promise<void> } => {
  const { db, everyMs, onError } = options
  const closing = new AbortController()
  const underWay = new Map<string, Promise<void>>()
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> | undefined

  const send = (delivery: DeliveryRow): void => {
    const sent = deliver(options, delivery, closing.signal)
      .catch(onError)
      .finally(() => {
        underWay.delete(delivery.channel)
        // There may be more for it.
        wake()
      })
    underWay.set(delivery.channel, sent)
  }
  const look = async (): Promise<void> => {
    const limit = underWayMost - underWay.size
    if (limit <= 0) return
    for (const delivery of await takeDeliveries(db, { limit, busy: [...underWay.keys()] })) send(delivery)
  }
  const round = (): void => {
    clearTimeout(timer)
    looking = look()
      .catch(onError)
      .finally(() => {
        looking = undefined
        if (!closing.signal.aborted) timer = setTimeout(round, everyMs)
      })
  }
  const wake = (): void => {
    if (!looking && !closing.signal.aborted) round()
  }
  round()

  return {
    wake,
    async close() {
      closing.abort()
      clearTimeout(timer)
      await looking
      await Promise.all(underWay.values())
    },
  }
}

const deliver = async (
  { db, log, backoff = backoffMs, ...sending }: DeliverOptions,
  delivery: DeliveryRow,
  closing: AbortSignal,
): Promise<void> => {
  const channel = await findChannel(db, delivery.channel)
  // Its messages go with it.
  if (!channel) return
  const { message_id: id, message } = delivery
  const outcome = await sendMessage(channel, { id, message }, { ...sending, closing })
  const about = { channel: channel.name, rule: delivery.rule, messageId: id, answer: outcome.answer }
  if (outcome.verdict === 'sent') {
    await noteSent(db, delivery)
    log.info(about, 'a message about an alert was sent')
    return
  }
  // Broken off by our own end: no fault of the receiver.
  if (closing.aborted) return giveBack(db, delivery)
  const { answer: error, restMs } = outcome
  const waitMs = Math.max(restMs, backoff(delivery.attempts))
  const isOver = Date.now() - delivery.created_at.getTime() + waitMs > triedMs
  const givesUp = outcome.verdict === 'never' || isOver
  await noteFailed(db, delivery, { error, waitMs: givesUp ? undefined : waitMs, restMs })
  if (givesUp) log.error(about, 'a message about an alert was not sent, and is given up')
  else
    log.warn(
      { ...about, waitMs: Math.round(waitMs) },
      'a message about an alert was not sent; it is tried again',
    )
}
