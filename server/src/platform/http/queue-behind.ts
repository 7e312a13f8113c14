import type { IncomingMessage, ServerResponse } from 'node:http'

/** How many of a connection's requests wait for the answer of the one before. */
const behindKey = Symbol('behind')
interface Carrier {
  [behindKey]?: number
}

/**
 * Counts a request that came before the answer of the one before it, and tells whether more than `most` wait so: handlers
 * of all of them are at work at once, for as little as one packet. Costs nothing where requests come one by one.
 */
export const isTooManyBehind = (
  { socket }: IncomingMessage,
  outgoing: ServerResponse,
  most: number,
): boolean => {
  // Only the answer whose turn it is has the connection.
  if (outgoing.socket) return false
  const carrier: IncomingMessage['socket'] & Carrier = socket
  const behind = (carrier[behindKey] ?? 0) + 1
  carrier[behindKey] = behind
  outgoing.once('socket', countDown)
  outgoing.once('close', () => outgoing.off('socket', countDown))
  function countDown(): void {
    carrier[behindKey] = (carrier[behindKey] ?? 1) - 1
  }
  return behind > most
}
