import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

/** Runs vitest on these files alone; resolves with the last line of its output, the failures before it, and whether it succeeded. */
const run = async (
  files: Record<string, string>,
): Promise<{ last?: string; ok: boolean; failed?: string[] }> => {
  const root = mkdtempSync(join(tmpdir(), 'parasol-test-reporter-'))
  for (const [name, source] of Object.entries(files)) writeFileSync(join(root, name), source)
  const args = [
    'run',
    '--globals',
    '--root',
    root,
    '--reporter=default',
    `--reporter=${path('./summary-reporter.ts')}`,
  ]
  return new Promise((resolve) => {
    execFile(process.execPath, [path('../node_modules/vitest/vitest.mjs'), ...args], (error, stdout) => {
      rmSync(root, { recursive: true })
      const lines = stdout.trimEnd().split('\n')
      const failed = lines.filter((line) => line.startsWith('failed: '))
      resolve({ last: lines.at(-1) ?? '', ok: error === null, ...(failed.length > 0 && { failed }) })
    })
  })
}

const good = `it('a', () => {}); it('b', () => {})`

it('counts what passed', async () => {
  expect(await run({ 'a.test.js': good })).toEqual({ last: '2 passed, 0 failed', ok: true })
})

it('counts a failed test, a file that does not load, a broken hook, and what was skipped', async () => {
  const answer = await run({
    'a.test.js': good,
    'failed.test.js': `it('c', () => { throw new Error('no') }); it.skip('d', () => {}); it.todo('e')`,
    'unloadable.test.js': `import './missing.js'`,
    'hook.test.js': `afterAll(() => { throw new Error('no') }); it('f', () => {})`,
  })
  expect(answer).toMatchObject({ last: '3 passed, 3 failed, 2 skipped', ok: false })
  expect(answer.failed?.sort()).toEqual([
    'failed: failed.test.js > c: no',
    'failed: hook.test.js: no',
    expect.stringContaining('failed: unloadable.test.js: '),
  ])
})

it('counts an error outside of the tests', async () => {
  const stray = `it('g', () => { setTimeout(() => { throw new Error('stray') }) }); it('h', async () => { await new Promise((r) => setTimeout(r, 50)) })`
  expect(await run({ 'a.test.js': stray })).toEqual({
    last: '2 passed, 1 failed',
    ok: false,
    failed: ['failed: outside of the tests: stray'],
  })
})

it('fails when nothing is executed', async () => {
  expect(await run({ 'a.test.js': `it.skip('i', () => {})` })).toEqual({
    last: '0 passed, 0 failed, 1 skipped',
    ok: false,
  })
  expect((await run({})).ok).toBe(false)
})
