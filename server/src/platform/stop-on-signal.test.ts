import { execFileSync, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'

const fixture = fileURLToPath(new URL('./stop-that-hangs.fixture.ts', import.meta.url))

/** How a process ends that gets SIGTERM and whose closers hang, and what it logged. */
const stopHanging = async (...args: string[]) => {
  const child = fork(fixture, args, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'], execArgv: [] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let logs = ''
  child.stdout?.on('data', (chunk) => {
    logs += chunk
  })
  child.once('message', () => child.kill('SIGTERM'))
  const ended = await new Promise((resolve) => child.on('close', (code, signal) => resolve(code ?? signal)))
  return { ended, logs }
}

it('ends with 1 and says so where a closer never ends', async () => {
  const { ended, logs } = await stopHanging()
  expect(ended).toBe(1)
  expect(logs).toContain('something does not close: ending without it')
})

it('ends also while a file operation never ends, for which an exit would wait', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parasol-hang-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  const { ended, logs } = await stopHanging(pipe)
  expect(ended).toBe('SIGKILL')
  expect(logs).toContain('something does not close: ending without it')
})
