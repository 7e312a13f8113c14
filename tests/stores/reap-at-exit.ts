import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isAlive } from './processes.ts'
import type { Order } from './reaper.ts'

let send: ((order: Order) => void) | undefined

/** An exit handler would not run when the test process is killed, so a second process outlives it by a moment. */
const startReaper = (): ((order: Order) => void) => {
  const script = fileURLToPath(new URL('./reaper.ts', import.meta.url))
  if (!existsSync(script)) throw new Error(`${script} is missing`)
  const reaper = spawn(process.execPath, [script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  reaper.unref()
  const { stdin } = reaper
  if ('unref' in stdin && typeof stdin.unref === 'function') stdin.unref()
  stdin.on('error', () => {})
  return (order) => {
    stdin.write(`${JSON.stringify(order)}\n`)
  }
}

const pids = new Set<number>()

/** The processes that were to be watched and run still. */
export const watched = (): number[] => [...pids].filter(isAlive)

/** Tells the reaper of this test process what to end or remove, should the test process end before it does so itself. */
export const reapAtExit = (order: Order): void => {
  if (order.watch !== undefined) pids.add(order.watch)
  if (order.forget !== undefined) pids.delete(order.forget)
  send ??= startReaper()
  send(order)
}
