import { describe, expect, it } from 'vitest'
import { logLines } from './contract/request-lines.ts'
import { testEnvironment } from './environment.ts'
import { eventually } from './eventually.ts'
import { gatewayAlone, type Program, startProgram } from './program.ts'
import { freshDatabase } from './stores/database.ts'

const listeners = (program: Program): number[] =>
  logLines(program)
    .filter(({ msg }) => msg === 'listening')
    .map((line) => (line as unknown as { pid: number }).pid)

const all = (program: Program) =>
  eventually(() => expect(logLines(program).map(({ msg }) => msg)).toContain('all workers listen'))

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

// Each start on Bun takes seconds of both cores.
describe.each(testEnvironment.campaign ? (['node', 'bun'] as const) : (['node'] as const))(
  'workers on %s',
  (runtime) => {
    const start = (env: Record<string, string>) =>
      startProgram({ runtime, env: { PARASOL_WORKERS: '2', ...gatewayAlone, ...env } })

    it('share one port, one of them takes the place of one that ends, and all end with 0', async () => {
      const program = await start({})
      await all(program)
      const [first = 0] = await eventually(() => {
        expect(listeners(program)).toHaveLength(2)
        return listeners(program)
      })
      expect(new Set(logLines(program).flatMap((line) => ('url' in line ? [line.url] : []))).size).toBe(1)
      process.kill(first, 'SIGKILL')
      await eventually(() => expect(listeners(program)).toHaveLength(3))
      expect(program.logs()).toContain('a worker ended, and is started again')
      // Whichever is asked, it tells of both, also of the one that came later.
      await eventually(async () => {
        const text = await (
          await fetch(`${program.url}/metrics`, { headers: { connection: 'close' } })
        ).text()
        for (const worker of [1, 2])
          expect(text).toContain(`process_uptime_seconds{parasol_worker="${worker}"}`)
      })
      for (let i = 0; i < 10; i += 1) {
        expect((await fetch(`${program.url}/nothing`, { headers: { connection: 'close' } })).status).toBe(404)
      }
      expect(await program.stop()).toBe(0)
      expect(logLines(program).filter(({ msg }) => msg === 'stopped')).toHaveLength(2)
      expect(listeners(program).filter(isAlive)).toEqual([])
    })

    it('end with the one who watches them', async () => {
      const program = await start({})
      await all(program)
      process.kill(program.pid, 'SIGKILL')
      await eventually(() => expect(listeners(program).filter(isAlive)).toEqual([]))
      await program.kill()
    })

    it('say once what is wrong, and end with 1, where they cannot start', async () => {
      const told = await start({ PARASOL_TLS_CERT: '/none', PARASOL_TLS_KEY: '/none' }).catch(String)
      expect(told).toContain('ended with 1')
      expect(String(told).match(/PARASOL_TLS_CERT is \/none, but there is no such file/g)).toHaveLength(1)
    })
  },
)

it('make the schema and load the examples once, however many they are', async () => {
  const database = await freshDatabase()
  const program = await startProgram({
    env: { DATABASE_URL: database.url, PARASOL_WORKERS: '2', PARASOL_EXAMPLES: 'on' },
  })
  await all(program)
  expect(program.logs().match(/Parasol is ready: this was its first start/g)).toHaveLength(1)
  expect(program.logs().match(/10 example apps/g)).toHaveLength(1)
  expect((await fetch(`${program.url}/v1/api/config/shop`)).status).toBe(200)
  expect(await program.stop()).toBe(0)
  await database.drop()
})
