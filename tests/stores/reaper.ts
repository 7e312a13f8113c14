import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { allGone, signal, signalTree } from './processes.ts'

/**
 * The program behind reap-at-exit.ts. It is told by JSON lines on stdin which processes and folders to watch. When stdin
 * ends, its test process has ended, in whatever way: it ends the processes and removes the folders.
 */
export interface Order {
  watch?: number
  forget?: number
  folder?: string
  forgetFolder?: string
}

const pids = new Set<number>()
const folders = new Set<string>()

const obey = (order: Order): void => {
  if (order.watch !== undefined) pids.add(order.watch)
  if (order.forget !== undefined) pids.delete(order.forget)
  if (order.folder !== undefined) folders.add(order.folder)
  if (order.forgetFolder !== undefined) folders.delete(order.forgetFolder)
}

const endProcess = async (pid: number): Promise<void> => {
  // First the polite way: a PostgreSQL that is killed leaves a shared memory segment behind for good.
  signalTree(pid, 'SIGCONT')
  signal(pid, 'SIGINT')
  await allGone([pid], 2000).catch(() => allGone(signalTree(pid, 'SIGKILL')))
}

for await (const line of createInterface({ input: process.stdin })) obey(JSON.parse(line))
await Promise.allSettled([...pids].map(endProcess))
for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
