import { describe, expect, it } from 'vitest'
import { ask } from './ask.ts'
import { type Listening, listen } from './listen.ts'
import { follow } from './live-calls.ts'
import { createApp, createKey, freshId, manage, publishApp } from './operator.ts'
import { expectProblem, places } from './problem.ts'
import { type Shape, streamsPerKey } from './shapes.ts'

const listenOnce = async (url: string): Promise<Listening> => {
  const listening = await listen(url)
  listening.leave()
  return listening
}

const refuses = (shape: () => Shape): void => {
  const read = (appId: string, query = '', headers: Record<string, string> = {}, method = 'GET') =>
    ask(`${shape().url}/v2/api/config/${appId}/stream${query}`, { method, headers })

  it('answers 400, 404, 405 and 410 as a read does', async () => {
    const { appId } = await publishApp(shape())
    const { appId: unreleased } = await createApp(shape())
    const { appId: archived } = await publishApp(shape())
    await manage(shape(), 'DELETE', `/apps/${archived}`)
    expectProblem(await read('-shop'), 'invalid_parameter')
    expect(places(expectProblem(await read(appId, '?as=xml'), 'invalid_parameter'))).toEqual([
      'invalid_parameter as',
    ])
    expectProblem(await read(appId, '?revision=x'), 'invalid_parameter')
    expectProblem(await read(freshId('unknown')), 'app_not_found')
    expectProblem(await read(unreleased), 'config_not_released')
    const gone = await read(archived)
    expectProblem(gone, 'config_gone')
    expect(gone.headers).toMatchObject({ 'cache-control': 'no-store', 'access-control-allow-origin': '*' })
    const posted = await read(appId, '', {}, 'POST')
    expectProblem(posted, 'method_not_allowed')
    expect(posted.headers.allow).toBe('GET, HEAD, OPTIONS')
    expectProblem(await ask(`${shape().url}/v1/api/config/${appId}/stream`), 'route_not_found')
  })

  it('answers 401 to a key that does not count, and 403 to that of another app', async () => {
    const { appId } = await publishApp(shape())
    const { appId: other } = await publishApp(shape())
    const { key } = await createKey(shape(), { role: 'client', appIds: [other], channel: 'stable' })
    expectProblem(await read(appId, '', { 'x-api-key': 'letmein' }), 'unauthorized')
    expectProblem(await read(appId, '?key=letmein'), 'unauthorized')
    expectProblem(await read(appId, `?key=${key}`), 'forbidden')
  })

  it('answers 429 where an app has as many open as it may; others and keys have their own', async () => {
    const { appId } = await publishApp(shape())
    const streams = await Promise.all(Array.from({ length: streamsPerKey }, () => follow(shape(), appId)))
    const refused = await read(appId)
    expectProblem(refused, 'too_many_streams')
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    const path = `${shape().url}/v2/api/config/${appId}`
    expectProblem(await ask(`${path}?wait=1&revision=1`), 'too_many_streams')
    expect((await ask(path)).status).toBe(200)
    const { appId: other } = await publishApp(shape())
    await follow(shape(), other)
    const { key } = await createKey(shape(), { role: 'client', appIds: [appId], channel: 'stable' })
    await follow(shape(), appId, '', { 'x-api-key': key })
    for (const stream of streams.slice(0, 5)) stream.leave()
    await expect.poll(async () => (await listenOnce(`${path}/stream`)).status).toBe(200)
  })
}

/** What a stream is refused for, and how many of them. */
export const liveRefusals = (shape: () => Shape): void => {
  describe('a stream that is refused', () => refuses(shape))
}
