import { randomUUID } from 'node:crypto'
import { readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findProcess, processSpace } from './process-identity.ts'

/** Who holds the data, as it stands in the lock file. */
interface Holder {
  /** Differs for every taking, so that two lock files are never the same. */
  id: string
  pid: number
  hostname: string
  /** When the process began, in the system's own words; pids come back, these do not. */
  started: string | null
  /** The space in which `pid` means something. */
  space: string
  since: string
}

export interface DataLock {
  /** Resolves, should it ever happen, when somebody else has taken the lock: this process must not write any more. */
  lost: Promise<Error>
  release(): Promise<void>
}

/** The data folder is in use; the message says by whom and what to do. */
export class DataInUse extends Error {
  override name = 'DataInUse'
}

/** How often a holder shows that it lives, and how long it must have been silent to be taken for dead from afar. */
export interface LockTiming {
  beatMs: number
  silenceMs: number
}

const usualTiming: LockTiming = { beatMs: 2_000, silenceMs: 10_000 }

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code

const createExclusively = (path: string, text: string): boolean => {
  try {
    writeFileSync(path, text, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false
    throw error
  }
}

const read = (path: string): { text: string; touched: number } | undefined => {
  try {
    return { text: readFileSync(path, 'utf8'), touched: statSync(path).mtimeMs }
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined
    throw error
  }
}

const holderOf = (text: string): Holder | undefined => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** From another container or machine a pid tells nothing: a holder that lives touches its file. */
const isTouched = async (path: string, timing: LockTiming): Promise<boolean> => {
  const before = read(path)
  if (before === undefined) return false
  const age = Math.max(0, Date.now() - before.touched)
  // Clocks of two machines differ, so at least one beat is listened for.
  const until = performance.now() + Math.max(timing.silenceMs - age, timing.beatMs * 1.5)
  while (performance.now() < until) {
    await sleep(timing.beatMs / 10)
    const now = read(path)
    if (now === undefined || now.text !== before.text) return false
    if (now.touched !== before.touched) return true
  }
  return false
}

const isHeld = async (path: string, text: string, timing: LockTiming): Promise<boolean> => {
  const holder = holderOf(text)
  // Made but not written yet: its maker is at it this moment, or died there.
  if (holder === undefined || holder.space !== processSpace()) return isTouched(path, timing)
  const state = findProcess(holder.pid)
  if (!state.runs) return false
  return state.started === null || holder.started === null || state.started === holder.started
}

const inUse = (path: string, text: string): DataInUse => {
  const { pid, hostname: host, since } = holderOf(text) ?? {}
  const who =
    pid === process.pid && host === hostname()
      ? 'this very process'
      : `process ${pid} on ${host} since ${since}`
  return new DataInUse(
    `${path} says that ${who} uses this data. Stop it, or set PARASOL_DATA_DIR to another folder, or set DATABASE_URL: ` +
      'a real PostgreSQL can be shared.',
  )
}

/**
 * Takes the lock file for `claim`. A lock whose holder is dead is replaced in one step (rename) by the one who holds the
 * lock beside it, after having looked again; that lock is taken the same way, should its holder have died at it.
 */
const take = async (path: string, claim: string, timing: LockTiming): Promise<void> => {
  for (let attempt = 1; ; attempt += 1) {
    if (createExclusively(path, claim)) return
    const found = read(path)
    if (found === undefined) continue
    if (await isHeld(path, found.text, timing)) throw inUse(path, found.text)
    const guard = `${path}.takeover`
    try {
      await take(guard, claim, timing)
    } catch (error) {
      if (!(error instanceof DataInUse) || attempt === 1_000) throw error
      // Somebody else is taking over this moment.
      await sleep(10)
      continue
    }
    try {
      if (read(path)?.text !== found.text) continue
      const draft = `${path}.${randomUUID()}`
      writeFileSync(draft, claim, { mode: 0o600 })
      renameSync(draft, path)
      return
    } finally {
      rmSync(guard, { force: true })
    }
  }
}

/** Touches the lock file as long as it is ours, and makes it again where somebody removed it. */
const beat = (path: string, claim: string, lose: (error: Error) => void): void => {
  const found = read(path)
  if (found?.text === claim) utimesSync(path, new Date(), new Date())
  else if (found !== undefined || !createExclusively(path, claim)) {
    lose(new DataInUse(`${path} was taken by another process: this one stops writing`))
  }
}

/**
 * Takes `<dataDir>/parasol.lock` for this process, also from a process that died without releasing it. Throws
 * {@link DataInUse} when another one lives; of two that take over at once one wins.
 */
export const lockData = async (dataDir: string, timing = usualTiming): Promise<DataLock> => {
  const path = join(dataDir, 'parasol.lock')
  const self = findProcess(process.pid)
  const holder: Holder = {
    id: randomUUID(),
    pid: process.pid,
    hostname: hostname(),
    started: self.runs ? self.started : null,
    space: processSpace(),
    since: new Date().toISOString(),
  }
  const claim = JSON.stringify(holder)
  await take(path, claim, timing)
  const { promise: lost, resolve: lose } = Promise.withResolvers<Error>()
  const timer = setInterval(() => {
    try {
      beat(path, claim, lose)
    } catch {
      // A file system that fails for a moment: the next beat comes.
    }
  }, timing.beatMs)
  timer.unref()
  return {
    lost,
    release: async () => {
      clearInterval(timer)
      if (read(path)?.text === claim) rmSync(path, { force: true })
    },
  }
}
