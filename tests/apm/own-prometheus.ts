import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { testEnvironment } from '../environment.ts'
import { eventually } from '../eventually.ts'
import { freePort } from '../stores/free-port.ts'
import { freshFolder, removeFolder } from '../stores/own-server.ts'
import { allGone, signalTree } from '../stores/processes.ts'
import { reapAtExit } from '../stores/reap-at-exit.ts'

const find = (program: string): string | undefined =>
  testEnvironment.path
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path))
const [prometheus, promtool] = ['prometheus', 'promtool'].map(find)

/** Whether this machine has Prometheus; where it has not, the words say so. */
export const hasPrometheus = prometheus !== undefined && promtool !== undefined
if (!hasPrometheus) console.log('tests: Prometheus is not tried (Debian: apt-get install prometheus)')

/** Runs promtool; what it says. Rejects with that where it finds fault. */
export const runPromtool = async (words: string[], input = ''): Promise<string> => {
  const running = promisify(execFile)(promtool ?? '', words)
  running.child.stdin?.end(input)
  const { stdout, stderr } = await running
  return stdout + stderr
}

export interface OwnPrometheus {
  /** Asks its HTTP API, for example `query?query=up`; the `data` of the answer. */
  ask(question: string): Promise<Record<string, unknown>>
  stop(): Promise<void>
}

/** Starts a Prometheus with this file of settings; it answers. */
export const startPrometheus = async (configFile: string): Promise<OwnPrometheus> => {
  const home = freshFolder('prometheus')
  const port = await freePort()
  const args = [
    `--config.file=${configFile}`,
    `--storage.tsdb.path=${home}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]
  const child = spawn(prometheus ?? '', args, { detached: true, stdio: 'ignore' })
  const pid = child.pid ?? 0
  reapAtExit({ watch: pid })
  await eventually(async () => {
    if (!(await fetch(`http://127.0.0.1:${port}/-/ready`)).ok) throw new Error('Prometheus is not ready yet')
  })
  return {
    async ask(question) {
      const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${question}`)
      const { status, data, error } = (await answer.json()) as Record<string, unknown>
      if (status !== 'success') throw new Error(`${question}: ${error}`)
      return data as Record<string, unknown>
    },
    async stop() {
      await allGone(signalTree(pid, 'SIGKILL'))
      reapAtExit({ forget: pid })
      removeFolder(home)
    },
  }
}
