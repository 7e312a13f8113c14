import { within } from '../within.ts'
import { keepConnected } from './keep-connected.ts'
import type { RedisAddress, RedisTarget } from './parse-redis-url.ts'
import type { FeedListener, RedisEvent } from './redis.ts'

/** Subscribes on a connection of its own and again after each loss; returns the function that ends it. */
export const keepSubscribed = (options: {
  target: RedisTarget
  timeoutMs: number
  address: () => RedisAddress
  onState: (event: RedisEvent) => void
  channel: string
  listener: FeedListener
}): (() => void) => {
  const { channel, listener, timeoutMs } = options
  const connection = keepConnected({
    ...options,
    accept: (client) =>
      within(
        Math.max(timeoutMs, 1000),
        'SUBSCRIBE',
        client.subscribe(channel, (text) => listener.message(text)),
      ),
    accepted: () => listener.live(),
    lost: () => listener.lost?.(),
  })
  return () => connection.close()
}
