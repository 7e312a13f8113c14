import { execFile, spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { testEnvironment } from '../environment.ts'
import { eventually } from '../eventually.ts'
import { freshFolder, removeFolder } from '../stores/own-server.ts'
import { allGone, signalTree } from '../stores/processes.ts'
import { reapAtExit } from '../stores/reap-at-exit.ts'

const run = promisify(execFile)
const folders = [...testEnvironment.path.split(delimiter), '/usr/sbin', '/usr/local/sbin']
const find = (program: string): string | undefined =>
  folders.map((folder) => join(folder, program)).find((path) => existsSync(path))
const [varnishd, varnishadm, varnishstat] = ['varnishd', 'varnishadm', 'varnishstat'].map(find)

/** Whether this machine has Varnish; where it has not, the words say so. */
export const hasVarnish = varnishd !== undefined && varnishadm !== undefined && varnishstat !== undefined
if (!hasVarnish) {
  console.log('tests: Varnish is not tried (Debian: apt-get install varnish varnish-modules)')
}

export interface Varnish {
  url: string
  /** Has it serve from Parasol at this address, with the VCL that we ship. */
  use(parasol: string): Promise<void>
  /** Requests that it answered from its store, and those that it had to ask for. */
  count(): Promise<{ hits: number; misses: number }>
  stop(): Promise<void>
}

const shippedVcl = new URL('../../deploy/varnish/parasol.vcl', import.meta.url)

/** Starts a Varnish of one's own on a free port; it answers once it was told what to `use`. */
export const startVarnish = async (): Promise<Varnish> => {
  const home = freshFolder('varnish')
  const work = join(home, 'work')
  const args = ['-F', '-j', 'none', '-b', 'none', '-a', '127.0.0.1:0', '-n', work, '-s', 'default,32m']
  const child = spawn(varnishd ?? '', args, { detached: true, stdio: 'ignore' })
  const pid = child.pid ?? 0
  reapAtExit({ watch: pid })
  const ask = async (...words: string[]) => (await run(varnishadm ?? '', ['-n', work, ...words])).stdout
  const port = await eventually(async () => {
    const found = / 127\.0\.0\.1 (\d+)/.exec(await ask('debug.listen_address'))?.[1]
    if (!found) throw new Error('Varnish does not listen yet')
    return found
  })
  return {
    url: `http://127.0.0.1:${port}`,
    async use(parasol) {
      const vcl = readFileSync(shippedVcl, 'utf8').replace('"8080"', `"${new URL(parasol).port}"`)
      const path = join(home, 'parasol.vcl')
      writeFileSync(path, vcl)
      await ask('vcl.load', 'parasol', path)
      await ask('vcl.use', 'parasol')
    },
    async count() {
      const names = ['MAIN.cache_hit', 'MAIN.cache_miss']
      const { stdout } = await run(varnishstat ?? '', [
        '-n',
        work,
        '-1',
        ...names.flatMap((name) => ['-f', name]),
      ])
      const [hits = 0, misses = 0] = names.map((name) =>
        Number(new RegExp(`^${name} +(\\d+)`, 'm').exec(stdout)?.[1]),
      )
      return { hits, misses }
    },
    async stop() {
      await allGone(signalTree(pid, 'SIGKILL'))
      reapAtExit({ forget: pid })
      removeFolder(home)
    },
  }
}
