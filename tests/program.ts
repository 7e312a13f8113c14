import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { testEnvironment } from './environment.ts'
import { allGone, signalTree } from './stores/processes.ts'
import { reapAtExit } from './stores/reap-at-exit.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
/** Kept from run to run: half of a start is compiling. */
export const compileCache = join(root, 'node_modules/.cache/parasol-tests')

/** The server as a process of its own, as an operator starts it. */
export interface Program {
  /** Where it listens, e.g. `http://127.0.0.1:41234`. */
  url: string
  /** The admin token. */
  token: string
  dataDir: string
  pid: number
  /** All it wrote so far, stdout and stderr in the order of arrival. */
  logs(): string
  /**
   * Asks it to end (SIGTERM unless told otherwise) and resolves with its exit code; -1 when a signal ended it. Kills it and
   * rejects with its last log lines when it has not ended after 30 s.
   */
  stop(signal?: NodeJS.Signals): Promise<number>
  /** SIGKILL to it and its descendants; resolves when they are gone. */
  kill(): Promise<void>
}

export interface ProgramOptions {
  /** The Node of this process unless told otherwise. */
  runtime?: 'node' | 'bun'
  /** Laid over the harness's own: a free port, a fresh token, no examples. Nothing else of our environment is passed on. */
  env?: Record<string, string>
  /** The data folder to go on with; else a fresh one, removed when the test process ends. */
  dataDir?: string
  /** The script to start, absolute or from the repository's root; else `server/src/main.ts`. */
  entry?: string
}

const freshDataDir = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'parasol-test-data-'))
  reapAtExit({ folder })
  return folder
}

const environment = (dataDir: string, given: Record<string, string>): Record<string, string> => {
  return {
    ...testEnvironment.passedOn(),
    NODE_COMPILE_CACHE: compileCache,
    PARASOL_HOST: '127.0.0.1',
    PARASOL_PORT: '0',
    PARASOL_DATA_DIR: dataDir,
    PARASOL_ADMIN_TOKEN: randomBytes(24).toString('base64url'),
    PARASOL_EXAMPLES: 'off',
    ...given,
  }
}

/** The URL from the log line `{"msg":"listening","url":"http://..."}`, if that is what the line is. */
const listeningUrl = (line: string): string | undefined => {
  if (!line.startsWith('{')) return undefined
  try {
    const entry: { msg?: unknown; url?: unknown } = JSON.parse(line)
    return entry.msg === 'listening' && typeof entry.url === 'string' ? entry.url : undefined
  } catch {
    return undefined
  }
}

const complaint = (what: string, logs: string): Error =>
  new Error(`the program ${what}; its last lines:\n${logs.split('\n').slice(-20).join('\n')}`)

const untilItListens = (child: ChildProcess, logs: () => string): Promise<string> =>
  new Promise((resolve, reject) => {
    const fail = (what: string): void => {
      done()
      reject(complaint(what, logs()))
    }
    const look = (): void => {
      const url = logs()
        .split('\n')
        .slice(0, -1)
        .map(listeningUrl)
        .find((found) => found !== undefined)
      if (url === undefined) return
      done()
      resolve(url.replace(/\/$/, ''))
    }
    const ended = (code: number | null, signal: string | null): void => fail(`ended with ${code ?? signal}`)
    const failed = (error: Error): void => fail(`can not be started: ${error.message}`)
    const timer = setTimeout(() => fail('did not listen within 200 s'), 200_000)
    const done = (): void => {
      clearTimeout(timer)
      child.stdout?.off('data', look)
      child.off('close', ended).off('error', failed)
    }
    child.stdout?.on('data', look)
    child.on('close', ended).on('error', failed)
  })

const spawnProgram = (options: ProgramOptions, env: Record<string, string>): ChildProcess => {
  const command = options.runtime === 'bun' ? join(root, 'node_modules/.bin/bun') : process.execPath
  const entry = options.entry ?? 'server/src/main.ts'
  // A group of its own: Ctrl-C in the terminal ends the tests, and those end the program.
  const child = spawn(command, [entry], { cwd: root, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const { pid } = child
  if (pid === undefined) return child
  reapAtExit({ watch: pid })
  child.once('exit', () => reapAtExit({ forget: pid }))
  return child
}

/** The lightest process there is: a gateway before services that do not answer. */
export const gatewayAlone = {
  PARASOL_SERVICES: 'gateway',
  PARASOL_CONFIG_URL: 'http://127.0.0.1:9',
  PARASOL_ANALYTICS_URL: 'http://127.0.0.1:9',
}

/** Starts the server and resolves when it listens. Rejects with its last log lines when it ends or takes over 30 s. */
export const startProgram = async (options: ProgramOptions = {}): Promise<Program> => {
  const env = environment(options.dataDir ?? freshDataDir(), options.env ?? {})
  const child = spawnProgram(options, env)
  let log = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      log += text
    })
  }
  const ended = once(child, 'close').then(([code]) => (typeof code === 'number' ? code : -1))
  ended.catch(() => {})
  const pid = child.pid ?? 0
  const kill = async (): Promise<void> => {
    await allGone(signalTree(pid, 'SIGKILL'))
    await ended
  }
  const url = await untilItListens(child, () => log).catch(async (error) => {
    if (child.pid !== undefined) await kill()
    throw error
  })
  return {
    url,
    token: env.PARASOL_ADMIN_TOKEN ?? '',
    dataDir: env.PARASOL_DATA_DIR ?? '',
    pid,
    logs: () => log,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal)
      const timer = setTimeout(() => void kill(), 30_000)
      const code = await ended
      clearTimeout(timer)
      if (child.signalCode === 'SIGKILL' && signal !== 'SIGKILL')
        throw complaint(`did not obey ${signal} within 30 s`, log)
      return code
    },
    kill,
  }
}
