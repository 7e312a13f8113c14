import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { allGone, signalTree } from '../tests/stores/processes.ts'
import { reapAtExit } from '../tests/stores/reap-at-exit.ts'
import { pinned } from './machine.ts'

export interface OwnProcess {
  pid: number
  /** What it wrote to stdout and stderr so far. */
  output(): string
  hasEnded(): boolean
  /** SIGTERM, and SIGKILL when it has not ended after 20 s. */
  stop(): Promise<void>
}

interface Start {
  command: string
  args: string[]
  /** It is started when this port accepts. */
  port: number
  /** Runs on this core alone; on any where left out. */
  core?: number
  env?: Record<string, string>
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => end(true)).once('error', () => end(false))
  })

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Starts a server without waiting for it; it ends with this process at the latest. */
export const launch = ({ command, args, core, env }: Omit<Start, 'port'>): OwnProcess => {
  const [program, all] = core === undefined ? [command, args] : pinned(core, command, args)
  const passed = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '/' }
  const child = spawn(program, all, {
    detached: true,
    env: { ...passed, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { pid } = child
  if (pid === undefined) throw new Error(`${command} cannot be started`)
  reapAtExit({ watch: pid })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  let hasEnded = false
  const ended = once(child, 'close').then(() => {
    hasEnded = true
    reapAtExit({ forget: pid })
  })
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    const kill = setTimeout(() => void allGone(signalTree(pid, 'SIGKILL')), 20_000)
    await ended
    clearTimeout(kill)
  }
  return { pid, output: () => output, hasEnded: () => hasEnded, stop }
}

/** Starts a server and resolves when its port accepts. Throws what it wrote when it ends, or needs over a minute. */
export const start = async (options: Start): Promise<OwnProcess> => {
  const server = launch(options)
  const deadline = Date.now() + 60_000
  while (!(await accepts(options.port))) {
    if (server.hasEnded() || Date.now() > deadline) {
      await server.stop()
      throw new Error(`${options.command} does not listen:\n${server.output().slice(-2_000)}`)
    }
    await pause(20)
  }
  return server
}
