import { expect, it } from 'vitest'
import { atEnd } from '../at-end.ts'
import { type Answer, badNetwork, expectRefusal, manage, ownPostgres, startNode } from './fleet.ts'

it('a revoked key is refused by every node at once, and no key is called unknown while the database is away', async () => {
  const postgres = await ownPostgres()
  const { proxy, url } = await badNetwork(postgres)
  const env = { PARASOL_DATABASE_TIMEOUT_MS: '2000' }
  const [one, two] = await Promise.all([
    startNode({ ...env, DATABASE_URL: postgres.url }),
    startNode({ ...env, DATABASE_URL: url }),
  ])
  atEnd(() => proxy.heal())
  const make = async (name: string): Promise<{ keyId: string; key: string }> => {
    const { status, body } = await manage(one, 'POST', '/keys', { body: { name, role: 'viewer' } })
    expect(status).toBe(201)
    return { keyId: String(body.keyId), key: String(body.key) }
  }
  const listWith = (node: typeof one, key: string): Promise<Answer> =>
    manage(node, 'GET', '/apps', { headers: { authorization: `Bearer ${key}` } })

  // Each is used everywhere just before, so that whatever a node could remember of it is fresh.
  for (let round = 0; round < 10; round++) {
    const { keyId, key } = await make(`key ${round}`)
    for (const node of [one, two]) expect((await listWith(node, key)).status).toBe(200)
    const revoking = round % 2 === 0 ? one : two
    expect((await manage(revoking, 'DELETE', `/keys/${keyId}`)).status).toBe(200)
    for (const node of [one, two]) {
      const { status, headers } = await listWith(node, key)
      expect(status).toBe(401)
      expect(headers.get('www-authenticate')).toContain('error="invalid_token"')
    }
  }

  const { key } = await make('good')
  expect((await listWith(two, key)).status).toBe(200)
  proxy.cut()
  expectRefusal(await listWith(two, key))
  expect((await listWith(two, 'no key at all')).status).toBe(401)
  expect((await listWith(one, key)).status).toBe(200)
  proxy.heal()
})
