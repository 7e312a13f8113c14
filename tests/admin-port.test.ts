import { expect, it } from 'vitest'
import { ask } from './contract/ask.ts'
import { eventually } from './eventually.ts'
import { type Program, startProgram } from './program.ts'

const adminUrlOf = (program: Program): string => {
  const line = program.logs().match(/"adminUrl":"([^"]+)"/)
  if (!line?.[1]) throw new Error('no admin port is told')
  return line[1]
}

it('answers operators on a port of their own alone, and ends both ports together', async () => {
  const program = await startProgram({
    env: {
      PARASOL_SERVICES: 'gateway',
      // Nobody is there, which tells a request that is passed on from one that is not.
      PARASOL_CONFIG_URL: 'http://127.0.0.1:9',
      PARASOL_ANALYTICS_URL: 'http://127.0.0.1:9',
      PARASOL_ADMIN_PORT: '0',
    },
  })
  try {
    const admin = await eventually(() => adminUrlOf(program))
    expect(new URL(admin).hostname).toBe('127.0.0.1')
    const statuses = async (url: string): Promise<number[]> => {
      const paths = ['/manage/v1/apps', '/docs', '/openapi.json', '/metrics', '/livez', '/v1/api/config/shop']
      return (await Promise.all(paths.map((path) => ask(url + path)))).map(({ status }) => status)
    }
    expect(await statuses(program.url)).toEqual([404, 404, 404, 404, 200, 503])
    const told = await (await fetch(`${program.url}/manage/v1/apps`)).text()
    expect(told).toContain('route_not_found')
    expect(told).not.toMatch(/operator|admin/i)
    expect(await statuses(admin)).toEqual([503, 200, 200, 200, 200, 503])
    expect(await program.stop()).toBe(0)
  } finally {
    await program.kill()
  }
})
