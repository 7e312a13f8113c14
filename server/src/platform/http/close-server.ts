import { Server as NetServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AnyServer } from './listen-node.ts'

const sweepMs = 50

/**
 * Accepts nothing new, and ends when all connections have: those with a request in flight after its answer, idle ones after
 * `lingerMs`, because a request may be on its way to them, and whatever is left after `graceMs` by force.
 */
export const closeServer = async (
  { http, drain, cut }: AnyServer,
  graceMs: number,
  lingerMs: number,
): Promise<void> => {
  // Not its own close(), which cuts idle connections at once.
  const closed = new Promise<void>((resolve) => {
    NetServer.prototype.close.call(http, () => resolve())
  })
  const cutting = setTimeout(() => {
    cut()
    http.closeAllConnections()
  }, graceMs)
  await Promise.race([closed, sleep(Math.min(lingerMs, graceMs))])
  // Connections that become idle only now would keep the server open until their keep-alive ends.
  const closeIdle = (): void => {
    drain()
    http.closeIdleConnections()
  }
  const sweepIdle = setInterval(closeIdle, sweepMs)
  closeIdle()
  await closed
  clearTimeout(cutting)
  clearInterval(sweepIdle)
  // What node:http itself has to put away.
  http.close()
}
