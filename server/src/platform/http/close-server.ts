import { setTimeout as sleep } from 'node:timers/promises'
import type { ServerState } from '../http1/server-state.ts'

const sweepMs = 50

/**
 * Accepts nothing new, and ends when all connections have: those with a request in flight after its answer, idle ones after
 * `lingerMs`, because a request may be on its way to them, and whatever is left after `graceMs` by force.
 */
export const closeServer = async (
  { stop, closeIdle, cut }: { stop(): Promise<void>; closeIdle(): void; cut(): void },
  { connections, limits: { lingerMs } }: ServerState,
  graceMs: number,
): Promise<void> => {
  const closed = stop()
  const cutting = setTimeout(() => {
    cut()
    for (const connection of connections) connection.destroy()
  }, graceMs)
  await Promise.race([closed, sleep(Math.min(lingerMs, graceMs))])
  // Connections that become idle only now would keep the server open until their keep-alive ends.
  const sweep = (): void => {
    closeIdle()
    for (const connection of connections) if (connection.isIdle) connection.close()
  }
  const sweeping = setInterval(sweep, sweepMs)
  sweep()
  await closed
  clearTimeout(cutting)
  clearInterval(sweeping)
}
