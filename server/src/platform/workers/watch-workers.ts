import { type ChildProcess, fork } from 'node:child_process'
import { Transform } from 'node:stream'
import type { Log } from '../log/open-log.ts'
import { gatherForWorkers } from './collect-from-all.ts'
import type { WorkerMessage } from './follow-parent.ts'

export interface WatchOptions {
  /** The program of a worker, which must tell its parent where it listens, and follow it. */
  entry: URL
  count: number
  /** The environment of the first one; it has listened before any other starts. */
  first: NodeJS.ProcessEnv
  /** That of all others, and of each that takes the place of one that ended; `url` is where the first one listens. */
  further: (url: string) => NodeJS.ProcessEnv
  log: Log
  /** How long to wait before a worker is started again, at first and at most; it doubles as long as none lives longer. */
  againMs?: { least: number; most: number }
}

interface Workers {
  /** Resolves with the exit code of all together once they have been told to stop, or could not be started: the worst of theirs. */
  ended: Promise<number>
  stop(): void
}

const usualAgainMs = { least: 1_000, most: 30_000 }

/** Pieces as they come, cut at the ends of lines: of several processes, no line is torn by that of another. */
const wholeLines = (): Transform => {
  let rest: Buffer = Buffer.alloc(0)
  return new Transform({
    transform(chunk: Buffer, _, done) {
      const end = chunk.lastIndexOf(10) + 1
      const whole = end === 0 ? undefined : Buffer.concat([rest, chunk.subarray(0, end)])
      rest = end === 0 ? Buffer.concat([rest, chunk]) : chunk.subarray(end)
      done(null, whole)
    },
    flush: (done) => done(null, rest),
  })
}

/** A group of its own: a Ctrl-C in the terminal is told to us alone, and to it by us. */
const start = (entry: URL, env: NodeJS.ProcessEnv): ChildProcess => {
  const child = fork(entry, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  // Each worker adds listeners of its own.
  for (const stream of [process.stdout, process.stderr]) stream.setMaxListeners(0)
  child.stdout?.pipe(wholeLines()).pipe(process.stdout, { end: false })
  child.stderr?.pipe(wholeLines()).pipe(process.stderr, { end: false })
  return child
}

/** The least that no other has: who takes the place of one that ended has its number too. */
const freeNumber = (taken: ReadonlyMap<number, unknown>): number => {
  let number = 1
  while (taken.has(number)) number += 1
  return number
}

/** As long as it waits, its timer is among those of `waiting`. */
const later = (waiting: Set<NodeJS.Timeout>, ms: number, begin: () => void): void => {
  const timer = setTimeout(() => {
    waiting.delete(timer)
    begin()
  }, ms)
  waiting.add(timer)
}

/**
 * Starts `count` workers and keeps so many alive. One that ends is started again, later each time while it does not live;
 * where one ends before all have listened once, something is wrong that starting again does not mend, so all end.
 */
export const watchWorkers = (options: WatchOptions): Workers => {
  const { entry, count, first, further, log, againMs = usualAgainMs } = options
  const alive = new Map<number, ChildProcess>()
  const waiting = new Set<NodeJS.Timeout>()
  const ended = Promise.withResolvers<number>()
  let url: string | undefined
  let listening = 0
  let worst = 0
  let isStopping = false

  const gatherFor = gatherForWorkers(() => alive)
  const stop = (): void => {
    isStopping = true
    for (const timer of waiting) clearTimeout(timer)
    for (const child of alive.values()) child.kill('SIGTERM')
    if (alive.size === 0) ended.resolve(worst)
  }
  const heard = (message: WorkerMessage): void => {
    listening += 1
    if (url === undefined) {
      url = message.url
      for (let i = 1; i < count; i += 1) run(further(url), againMs.least)
    }
    if (listening === count) log.info({ url, workers: count }, 'all workers listen')
  }
  const startAgain = (waitMs: number, livedMs: number): void => {
    const nextMs = livedMs > againMs.most ? againMs.least : waitMs
    later(waiting, nextMs, () => run(further(url ?? ''), Math.min(againMs.most, nextMs * 2)))
  }
  const run = (env: NodeJS.ProcessEnv, waitMs: number): void => {
    const startedAt = performance.now()
    const child = start(entry, env)
    const number = freeNumber(alive)
    alive.set(number, child)
    child.once('message', heard)
    gatherFor(child)
    child.once('error', (err) => log.error({ err }, 'a worker cannot be started'))
    child.once('close', (code, signal) => {
      alive.delete(number)
      if (!isStopping && listening >= count) {
        log.warn({ worker: child.pid, code, signal, againMs: waitMs }, 'a worker ended, and is started again')
        return startAgain(waitMs, performance.now() - startedAt)
      }
      worst = Math.max(worst, code ?? 1)
      // Not a second time: that would end the others at once.
      if (!isStopping) stop()
      else if (alive.size === 0) ended.resolve(worst)
    })
  }
  run(first, againMs.least)
  return { ended: ended.promise, stop }
}
