import { expect, it } from 'vitest'
import { badNetwork, createApp, eventually, manage, ownPostgres, pause, publish, startNode } from './fleet.ts'

it('devices on beta, and with keys, are served while the database is away: by their channel where it was ever read', async () => {
  const postgres = await ownPostgres()
  const { proxy, url } = await badNetwork(postgres)
  const node = await startNode({ DATABASE_URL: url, PARASOL_DATABASE_TIMEOUT_MS: '2000' })
  const post = async (path: string, body: object) => {
    const answer = await manage(node, 'POST', path, { body })
    expect(answer.status, JSON.stringify(answer.body)).toBe(201)
    return answer.body
  }
  const read = async (path: string, key?: unknown) => {
    const headers = key === undefined ? {} : { 'x-api-key': String(key) }
    const response = await fetch(`${node.url}${path}`, { headers })
    return { status: response.status, ...((await response.json()) as { channel?: string; data?: object }) }
  }
  for (const appId of ['with', 'without']) {
    await createApp(node, appId)
    await publish(node, appId, { on: 'stable' })
    expect(await read(`/v2/api/config/${appId}`)).toMatchObject({ status: 200, channel: 'stable' })
  }
  await post('/apps/with/configs', { configVersion: '9.0.0', data: { on: 'beta' } })
  await post('/apps/with/releases', { configVersion: '9.0.0', channel: 'beta' })
  const { key } = await post('/keys', { name: 'tester', role: 'client', appIds: ['with'], channel: 'beta' })
  const onBeta = { status: 200, channel: 'beta', data: { on: 'beta' } }
  expect(await read('/beta/api/config/with')).toMatchObject(onBeta)
  expect(await read('/v2/api/config/with', key)).toMatchObject(onBeta)

  proxy.cut()
  // What is known of the key grows old meanwhile.
  for (let rounds = 0; rounds < 3; rounds++) {
    expect(await read('/beta/api/config/with')).toMatchObject(onBeta)
    expect(await read('/v2/api/config/with', key)).toMatchObject(onBeta)
    // Nobody has a copy of a beta release that never was.
    expect(await read('/beta/api/config/without')).toMatchObject({ status: 200, channel: 'stable' })
    await pause(700)
  }
  const unknown = await fetch(`${node.url}/v1/api/config/with`, {
    headers: { 'x-api-key': `parasol_${'a'.repeat(12)}_${'b'.repeat(32)}` },
  })
  expect(unknown.status).toBe(503)
  expect(Number(unknown.headers.get('retry-after'))).toBeGreaterThan(0)

  proxy.heal()
  await eventually(() => publish(node, 'without', { on: 'stable again' }))
  await eventually(async () =>
    expect(await read('/beta/api/config/without')).toMatchObject({ data: { on: 'stable again' } }),
  )
})
