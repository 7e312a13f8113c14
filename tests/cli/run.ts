import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Commands, commands } from '../../cli/src/commands.ts'
import { compileCache } from '../program.ts'
import { reapAtExit } from '../stores/reap-at-exit.ts'

const script = fileURLToPath(new URL('../../cli/src/parasol.js', import.meta.url))

export interface Ran {
  /** the exit code; null when a signal ended it */
  code: number | null
  stdout: string
  stderr: string
  /** stdout as one document */
  json<T>(): T
  /** stdout as a document a line */
  jsonLines<T>(): T[]
}

interface Options {
  /** the whole environment but for TMPDIR and compiled code; else the server's address and key */
  env?: Record<string, string>
  /** what is on stdin, or what is done with the process while stdin stays open */
  input?: string | ((child: ChildProcessWithoutNullStreams) => void)
}

/** The command line as its users have it: a process of its own against a running server. */
export interface Cli {
  url: string
  token: string
  run(args: readonly string[], options?: Options): Promise<Ran>
  /** Runs what has to succeed; rejects with all it said when it does not. */
  done(...args: string[]): Promise<Ran>
  /** The names of all commands that ran, as `apps list`. */
  ran: Set<string>
}

const start = (args: readonly string[], env: Record<string, string>, options: Options): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], { env })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    // A command that does not read its input may be gone before it is written.
    child.stdin.on('error', () => {})
    if (typeof options.input === 'function') options.input(child)
    else child.stdin.end(options.input ?? '')
    child.once('error', reject).once('close', (code) => {
      const jsonLines = <T>(): T[] =>
        stdout
          .split('\n')
          .slice(0, -1)
          .map((line) => JSON.parse(line))
      resolve({ code, stdout, stderr, json: () => JSON.parse(stdout), jsonLines })
    })
  })

/** The command that the words name, as `apps list`; nothing where there is no such one. */
const nameOf = (args: readonly string[], known: Commands = commands): string | undefined => {
  const [word = '', ...rest] = args
  const found = Object.hasOwn(known, word) ? known[word] : undefined
  if (found === undefined || typeof found === 'function') return found && word
  const below = nameOf(rest, found.commands)
  return below && `${word} ${below}`
}

export const openCli = (url: string, token: string): Cli => {
  const ran = new Set<string>()
  const run: Cli['run'] = (args, options = {}) => {
    const name = nameOf(args)
    if (name) ran.add(name)
    const given = options.env ?? { PARASOL_URL: url, PARASOL_TOKEN: token }
    const env = { TMPDIR: tmpdir(), NODE_COMPILE_CACHE: compileCache, ...given }
    return start(args, env, options)
  }
  return {
    url,
    token,
    ran,
    run,
    done: async (...args) => {
      const result = await run(args)
      if (result.code !== 0)
        throw new Error(`parasol ${args.join(' ')} gave ${result.code}: ${result.stderr}`)
      return result
    },
  }
}

/** A fresh file with this content, or a document as JSON. */
export const fileOf = (content: unknown, name = 'file.json'): string => {
  const folder = mkdtempSync(join(tmpdir(), 'parasol-cli-'))
  reapAtExit({ folder })
  const path = join(folder, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}
