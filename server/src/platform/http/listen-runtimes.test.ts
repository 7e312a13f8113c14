import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { connectionLimits, type ListenOptions } from './listener.ts'

const root = fileURLToPath(new URL('../../../..', import.meta.url))
const fixture = fileURLToPath(new URL('./listen.fixture.ts', import.meta.url))
const runtimes = { node: process.execPath, bun: `${root}node_modules/.bin/bun` } as const

const folder = mkdtempSync(join(tmpdir(), 'parasol-runtimes-'))
const tls = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', '/CN=x']
execFileSync('openssl', ['req', '-x509', ...curve, '-keyout', tls.key, '-out', tls.cert], { stdio: 'ignore' })
afterAll(() => rmSync(folder, { recursive: true }))

const ends: (() => unknown)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

describe.each(Object.keys(runtimes) as (keyof typeof runtimes)[])('a listener on %s', (runtime) => {
  const start = async (options: object) => {
    const child = spawn(runtimes[runtime], [fixture, JSON.stringify(options)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    ends.push(() => child.stdin.end())
    const [line] = await once(child.stdout, 'data')
    return { child, port: Number(new URL(String(line).trim()).port) }
  }
  const open = async (port: number, bytes = '') => {
    const client = connect(port, '127.0.0.1').on('error', () => {})
    ends.push(() => client.destroy())
    const closed = once(client.resume(), 'close')
    await once(client, 'connect')
    client.write(bytes)
    return { client, closed }
  }

  it('cuts a connection whose request nobody answers', async () => {
    const limits: ListenOptions['limits'] = { ...connectionLimits, silenceMs: 200 }
    const { port } = await start({ limits })
    const { closed } = await open(port, 'GET /silent HTTP/1.1\r\nHost: x\r\n\r\n')
    await closed
  })

  it('does not wait for a handshake that does not come when it closes', async () => {
    const limits: ListenOptions['limits'] = { ...connectionLimits, headersTimeoutMs: 60_000 }
    const { port, child } = await start({ limits, tls })
    const { closed } = await open(port)
    const told = once(child.stdout, 'data')
    child.stdin.write('close')
    await closed
    expect(String((await told)[0])).toBe('closed\n')
  })
})
