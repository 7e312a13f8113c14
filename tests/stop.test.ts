import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from './eventually.ts'
import { type Program, startProgram } from './program.ts'
import { freshDatabase } from './stores/database.ts'

let database: Awaited<ReturnType<typeof freshDatabase>>
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())

const start = (runtime: 'node' | 'bun', env: Record<string, string> = {}): Promise<Program> =>
  startProgram({ runtime, env: { DATABASE_URL: database.url, ...env } })

/** A connection on which this was sent; resolves with all that came back once the server has closed it. */
const open = async ({ url }: Program, bytes: string) => {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  let received = ''
  socket.on('data', (chunk) => {
    received += chunk
  })
  socket.on('error', () => {})
  const closed = new Promise<string>((resolve) => socket.on('close', () => resolve(received)))
  await new Promise<void>((resolve) => socket.on('connect', () => resolve()))
  socket.write(bytes)
  return { closed, received: () => received }
}

describe.each(['node', 'bun'] as const)('a stop on %s', (runtime) => {
  it('ends with 0 on SIGINT, also while an idle client keeps its connection', async () => {
    const program = await start(runtime)
    const idle = await open(program, 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n')
    await eventually(() => expect(idle.received()).toContain('alive'))
    expect(await program.stop('SIGINT')).toBe(0)
    await idle.closed
    expect(program.logs()).toMatch(/"signal":"SIGINT"(.|\n)*"msg":"stopped"/)
  })

  it('ends at once on a second signal', async () => {
    const program = await start(runtime, { PARASOL_DRAIN_SECONDS: '600' })
    const first = program.stop()
    await eventually(async () => expect((await fetch(`${program.url}/readyz`)).status).toBe(503))
    expect(await program.stop()).toBe(1)
    expect(await first).toBe(1)
    expect(program.logs()).not.toContain('"msg":"stopped"')
  })

  it('cuts a request that does not end within PARASOL_STOP_SECONDS', async () => {
    const program = await start(runtime, { PARASOL_STOP_SECONDS: '1' })
    const head = `POST /manage/v1/apps HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${program.token}\r\n`
    const slow = await open(program, `${head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{`)
    expect((await fetch(`${program.url}/livez`)).status).toBe(200)
    expect(await program.stop()).toBe(0)
    expect(await slow.closed).not.toContain('201')
  })
})
