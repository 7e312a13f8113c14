import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { allGone, isAlive, signal, signalTree } from './processes.ts'
import { reapAtExit } from './reap-at-exit.ts'

/** A throwaway server that a test owns and may treat badly. */
export interface OwnServer {
  url: string
  port: number
  /** A clean stop: what was written is kept. */
  stop(): Promise<void>
  /** SIGKILL to all its processes; resolves when they are gone. */
  kill(): Promise<void>
  /** Starts it again on the same port and data; resolves when it answers a real question. */
  start(): Promise<void>
  /** SIGSTOP to all its processes: it accepts connections and answers nothing. */
  pause(): void
  resume(): void
  /** Ends it and removes its data. */
  remove(): Promise<void>
}

/** What differs between the kinds of servers. `home` is a fresh folder that is removed with the server. */
export interface Recipe {
  name: string
  home: string
  command: string
  args(port: number): string[]
  url(port: number): string
  /** The account to run as, where the server refuses root. */
  account: { uid?: number; gid?: number }
  stopSignal: NodeJS.Signals
  ping(url: string): Promise<unknown>
  beforeStart(): void
}

/** Makes a fresh folder, removed when the test process ends. Root uses /tmp, which other accounts can reach too. */
export const freshFolder = (prefix: string): string => {
  const parent = process.getuid?.() === 0 ? '/tmp' : tmpdir()
  const folder = mkdtempSync(join(parent, `parasol-test-${prefix}-`))
  reapAtExit({ folder })
  return folder
}

/** Removes a folder of `freshFolder`. */
export const removeFolder = (folder: string): void => {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  reapAtExit({ forgetFolder: folder })
}

const logTail = (recipe: Recipe): string =>
  readFileSync(join(recipe.home, 'server.log'), 'utf8').split('\n').slice(-12).join('\n')

const launch = (recipe: Recipe, port: number): number => {
  const log = openSync(join(recipe.home, 'server.log'), 'a')
  const child = spawn(recipe.command, recipe.args(port), {
    cwd: recipe.home,
    detached: true,
    stdio: ['ignore', log, log],
    ...recipe.account,
  })
  closeSync(log)
  child.unref()
  if (child.pid === undefined) throw new Error(`${recipe.command} cannot be started`)
  const pid = child.pid
  child.once('exit', () => reapAtExit({ forget: pid }))
  reapAtExit({ watch: pid })
  return pid
}

const untilItAnswers = async (recipe: Recipe, port: number, pid: number): Promise<void> => {
  const deadline = Date.now() + 30_000
  for (;;) {
    try {
      await recipe.ping(recipe.url(port))
      if (isAlive(pid)) return
    } catch (error) {
      if (isAlive(pid) && Date.now() > deadline) {
        throw new Error(`${recipe.name} does not answer: ${error}\n${logTail(recipe)}`)
      }
    }
    if (!isAlive(pid)) throw new Error(`${recipe.name} ended at its start:\n${logTail(recipe)}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const ownServer = (recipe: Recipe, port: number): OwnServer => {
  let pid = 0
  const server: OwnServer = {
    url: recipe.url(port),
    port,
    async start() {
      if (isAlive(pid)) throw new Error(`${recipe.name} runs already`)
      recipe.beforeStart()
      pid = launch(recipe, port)
      await untilItAnswers(recipe, port, pid)
    },
    async stop() {
      if (!isAlive(pid)) return
      const all = signalTree(pid, 'SIGCONT')
      signal(pid, recipe.stopSignal)
      await allGone(all, 30_000)
    },
    kill: () => allGone(signalTree(pid, 'SIGKILL')),
    pause: () => void signalTree(pid, 'SIGSTOP'),
    resume: () => void signalTree(pid, 'SIGCONT'),
    async remove() {
      await server.stop().catch(server.kill)
      removeFolder(recipe.home)
    },
  }
  return server
}

/** Starts a server by its recipe, on a free port. */
export const startServer = async (recipe: Recipe): Promise<OwnServer> => {
  for (let attempt = 1; ; attempt += 1) {
    const server = ownServer(recipe, await freePort())
    try {
      await server.start()
      return server
    } catch (error) {
      // Another process may have taken the port between our look and the start.
      const again = attempt < 5 && /in use/i.test(String(error))
      if (again) continue
      await server.remove()
      throw error
    }
  }
}
