import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { startProgram } from './program.ts'
import { isAlive } from './stores/processes.ts'

const folder = mkdtempSync(join(tmpdir(), 'parasol-test-entry-'))
afterAll(() => rmSync(folder, { recursive: true }))

const entry = (name: string, source: string): string => {
  const file = join(folder, `${name}.ts`)
  writeFileSync(file, source)
  return file
}

/** Keeps the contract of main.ts: a banner, the JSON line, an answer, a graceful stop. */
const standIn = entry(
  'stand-in',
  `import { createServer } from 'node:http'
  const answer = { env: process.env, bun: 'bun' in process.versions }
  const server = createServer((_, response) => response.end(JSON.stringify(answer)))
  server.listen(Number(process.env.PARASOL_PORT), process.env.PARASOL_HOST, () => {
    console.log('Parasol listens on http://127.0.0.1:1')
    console.log(JSON.stringify({ level: 30, msg: 'listening', url: 'http://127.0.0.1:' + server.address().port }))
  })
  process.on('SIGTERM', () => { console.error('bye'); process.exit(3) })`,
)

describe.each(['node', 'bun'] as const)('a program on %s', (runtime) => {
  it('listens with a clean environment and stops with its exit code', async () => {
    const program = await startProgram({ runtime, entry: standIn, env: { PARASOL_EXAMPLES: 'on' } })
    const answer: { bun?: boolean; env?: object } = JSON.parse(await (await fetch(program.url)).text())
    expect(answer.bun).toBe(runtime === 'bun')
    expect(answer.env).toMatchObject({
      PARASOL_ADMIN_TOKEN: program.token,
      PARASOL_DATA_DIR: program.dataDir,
      PARASOL_EXAMPLES: 'on',
    })
    expect(answer.env).not.toHaveProperty('VITEST')
    expect(existsSync(program.dataDir)).toBe(true)
    expect(await program.stop()).toBe(3)
    expect(program.logs()).toContain('bye')
  })

  it('is gone after kill', async () => {
    const program = await startProgram({ runtime, entry: standIn, env: { PARASOL_ADMIN_TOKEN: 'mine' } })
    expect(program.token).toBe('mine')
    await program.kill()
    expect(isAlive(program.pid)).toBe(false)
    await expect(fetch(program.url)).rejects.toThrow()
  })
})

it('rejects with the last lines of a program that ends before it listens', async () => {
  const broken = entry('broken', `console.error('no such setting'); process.exit(2)`)
  await expect(startProgram({ entry: broken })).rejects.toThrow(/ended with 2(.|\n)*no such setting/)
})

it('runs the tests on the Node that the package brings', () => {
  expect(process.versions.node).toMatch(/^26\./)
})
