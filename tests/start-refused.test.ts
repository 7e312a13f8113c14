import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { gatewayAlone, startProgram } from './program.ts'

const folder = mkdtempSync(join(tmpdir(), 'parasol-test-refused-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** The last lines of a program that did not start, and how it ended. */
const refusal = async (runtime: 'node' | 'bun', env: Record<string, string>): Promise<string> => {
  const program = await startProgram({ runtime, env }).catch((error: Error) => error)
  if (program instanceof Error) return program.message
  await program.kill()
  throw new Error('the program started')
}

describe.each(['node', 'bun'] as const)('a start on %s', (runtime) => {
  it('tells all that is wrong with its settings in one line each, and ends with 1', async () => {
    const told = await refusal(runtime, {
      PARASOL_PORT: 'abc',
      PARASOL_PROT: '8080',
      PARASOL_ADMIN_TOKEN: 'too-short-secret'.slice(0, 9),
      PARASOL_SERVICES: 'gateway',
    })
    expect(told).toContain('ended with 1;')
    const lines = told.split('\n').slice(1).filter(Boolean)
    expect(lines).toEqual([
      'parasol: the settings need correction',
      expect.stringMatching(/^ {2}PARASOL_PORT is "abc", but it must be a whole number .* Correct it/),
      expect.stringMatching(/^ {2}PARASOL_ADMIN_TOKEN is set, but it must have at least 16 characters/),
      '  PARASOL_PROT is not a setting. Did you mean PARASOL_PORT?',
      expect.stringMatching(/^ {2}PARASOL_CONFIG_URL is not set, but the gateway needs it/),
      expect.stringMatching(/^ {2}PARASOL_ANALYTICS_URL is not set, but the gateway needs it/),
    ])
    expect(told).not.toContain('too-short')
  })

  it('tells all that is wrong with its routes file by lines, and ends with 1', async () => {
    const path = join(folder, `${runtime}.yaml`)
    writeFileSync(path, 'routes:\n- prefix: /v1/x\n  upstreams: []\n')
    const url = 'http://127.0.0.1:1'
    const told = await refusal(runtime, {
      ...{ PARASOL_SERVICES: 'gateway', PARASOL_ROUTES_FILE: path },
      ...{ PARASOL_CONFIG_URL: url, PARASOL_ANALYTICS_URL: url },
    })
    expect(told).toContain('ended with 1;')
    expect(told.split('\n').slice(1).filter(Boolean)).toEqual([
      'parasol: the settings need correction',
      `  ${path}: line 2: routes[0].prefix is below /v1, which Parasol answers itself; choose another.`,
      `  ${path}: line 3: routes[0].upstreams must have one URL at least.`,
    ])
  })

  it('tells that its port is taken, and ends with 1', async () => {
    const server = createServer()
    const port = await new Promise<number>((resolve) =>
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
    )
    const told = await refusal(runtime, { ...gatewayAlone, PARASOL_PORT: String(port) })
    expect(told).toContain('ended with 1;')
    expect(told).toContain(`Port ${port} is taken. Stop the program that listens there`)
    await new Promise((resolve) => server.close(resolve))
  })

  it('tells that its address is none of this machine', async () => {
    const told = await refusal(runtime, { ...gatewayAlone, PARASOL_HOST: '192.0.2.1' })
    expect(told).toContain('PARASOL_HOST is 192.0.2.1, which is no address of this machine')
  })
})

describe('a start on a Node that is too old', () => {
  it('tells which to take, and ends with 1', async () => {
    const script = join(import.meta.dirname, '../cli/src/parasol.js')
    // No type stripping is what the older ones lack.
    const args = ['--no-strip-types', script, 'serve']
    const { code, told } = await new Promise<{ code: unknown; told: string }>((resolve) => {
      execFile(process.execPath, args, (error, _, stderr) => resolve({ code: error?.code, told: stderr }))
    })
    expect(code).toBe(1)
    expect(told).toBe(
      `parasol: Node ${process.versions.node} runs no TypeScript. Take Node 24 or later, or "npx parasol", which brings its own.\n`,
    )
  })
})
