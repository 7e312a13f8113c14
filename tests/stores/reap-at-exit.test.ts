import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { allGone } from './processes.ts'

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

const source = `
  import { spawn } from 'node:child_process'
  import { freshFolder } from '${here('./own-server.ts')}'
  import { reapAtExit } from '${here('./reap-at-exit.ts')}'
  const folder = freshFolder('reaped')
  // It takes no notice of a polite signal, and it is stopped: only SIGKILL ends it.
  const child = spawn('sh', ['-c', 'trap "" INT TERM; while :; do sleep 1; done'], { detached: true, stdio: 'ignore' })
  reapAtExit({ watch: child.pid })
  child.kill('SIGSTOP')
  console.log(JSON.stringify({ folder, pid: child.pid }))
  setInterval(() => {}, 1000)`

it('ends the processes and removes the folders of a test process that was killed', async () => {
  const killed = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(createInterface({ input: killed.stdout }), 'line')
  const { folder, pid }: { folder: string; pid: number } = JSON.parse(line)
  expect(existsSync(folder)).toBe(true)
  killed.kill('SIGKILL')
  await allGone([pid])
  while (existsSync(folder)) await new Promise((resolve) => setTimeout(resolve, 20))
})
