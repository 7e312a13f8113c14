import { describe, expect, it } from 'vitest'
import type { Answer } from './ask.ts'
import { createApp, freshId, manage, publishApp, readConfig, release, saveVersion } from './operator.ts'
import { expectProblem, places } from './problem.ts'
import type { Shape } from './shapes.ts'

/** What GET and HEAD must agree on: all but what tells of the single answer and the single connection. */
const lasting = ({ headers }: Answer) => {
  const { 'x-request-id': _id, 'cache-status': _from, date: _date, ...rest } = headers
  const {
    connection: _connection,
    'keep-alive': _keepAlive,
    age: _age,
    ratelimit: _left,
    ...ofTheConfig
  } = rest
  return ofTheConfig
}

const answers = (shape: () => Shape): void => {
  it('answers the live config in the order of fields of the contract', async () => {
    const { appId } = await createApp(shape())
    const body = {
      note: 'first',
      data: { api: 'https://api.example.com', list: [1, 2.5, null, true, { deep: '' }] },
      deprecationDate: '2027-06-30T12:00:00+02:00',
      minimumAppVersion: '2.0.0-beta.1',
      configVersion: '1.4.0',
    }
    expect((await manage(shape(), 'POST', `/apps/${appId}/configs`, { body })).status).toBe(201)
    await release(shape(), appId, '1.4.0')
    const answer = await readConfig(shape(), appId)
    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(answer.text).toBe(
      '{"configVersion":"1.4.0","minimumAppVersion":"2.0.0-beta.1","deprecationDate":"2027-06-30T12:00:00+02:00",' +
        '"data":{"api":"https://api.example.com","list":[1,2.5,null,true,{"deep":""}]}}',
    )
  })

  it('answers null for what the version does not say', async () => {
    const { appId } = await publishApp(shape(), {})
    const answer = await readConfig(shape(), appId)
    expect(answer.text).toBe(
      '{"configVersion":"1.0.0","minimumAppVersion":null,"deprecationDate":null,"data":{}}',
    )
  })

  it('gives the length in bytes of what is not ASCII', async () => {
    const { appId } = await publishApp(shape(), { hi: 'Grüße, 世界 👋\u2028' })
    const answer = await readConfig(shape(), appId)
    expect(answer.headers['content-length']).toBe(String(answer.body.byteLength))
    expect(answer.json()).toMatchObject({ data: { hi: 'Grüße, 世界 👋\u2028' } })
  })

  it('answers HEAD with the headers of GET and no body', async () => {
    const { appId } = await publishApp(shape())
    const get = await readConfig(shape(), appId)
    const head = await readConfig(shape(), appId, {}, 'HEAD')
    expect(head.status).toBe(200)
    expect(head.body.byteLength).toBe(0)
    expect(lasting(head)).toEqual(lasting(get))
  })

  it('takes no notice of a query', async () => {
    const { appId } = await publishApp(shape())
    const plain = await readConfig(shape(), appId)
    const asked = await readConfig(shape(), `${appId}?platform=ios&appVersion=%F0`)
    expect(asked.text).toBe(plain.text)
    expect(asked.headers.etag).toBe(plain.headers.etag)
  })

  it('tells apps apart by the case of their letters', async () => {
    const id = freshId('Case')
    for (const appId of [id, id.toLowerCase()]) {
      await createApp(shape(), { appId })
      await saveVersion(shape(), appId, '1.0.0', { appId })
      await release(shape(), appId, '1.0.0')
    }
    expect((await readConfig(shape(), id)).json()).toMatchObject({ data: { appId: id } })
    expect((await readConfig(shape(), id.toLowerCase())).json()).toMatchObject({
      data: { appId: id.toLowerCase() },
    })
  })
}

const changes = (shape: () => Shape): void => {
  it('answers a new release at once, and an older version released again', async () => {
    const { appId } = await publishApp(shape(), { step: 1 })
    expect((await readConfig(shape(), appId)).json()).toMatchObject({ configVersion: '1.0.0' })
    await saveVersion(shape(), appId, '2.0.0', { step: 2 })
    expect((await readConfig(shape(), appId)).json()).toMatchObject({ configVersion: '1.0.0' })
    await release(shape(), appId, '2.0.0')
    expect((await readConfig(shape(), appId)).json()).toMatchObject({ data: { step: 2 } })
    await release(shape(), appId, '1.0.0')
    expect((await readConfig(shape(), appId)).json()).toMatchObject({ data: { step: 1 } })
  })

  it('answers the stable channel alone', async () => {
    const { appId } = await publishApp(shape())
    await saveVersion(shape(), appId, '2.0.0-beta.1')
    const body = { configVersion: '2.0.0-beta.1', channel: 'beta' }
    expect((await manage(shape(), 'POST', `/apps/${appId}/releases`, { body })).status).toBe(201)
    expect((await readConfig(shape(), appId)).json()).toMatchObject({ configVersion: '1.0.0' })
  })

  it('answers an app at its first release, also to who asked before it was there', async () => {
    const appId = freshId()
    expectProblem(await readConfig(shape(), appId), 'app_not_found')
    await createApp(shape(), { appId })
    expectProblem(await readConfig(shape(), appId), 'config_not_released')
    await saveVersion(shape(), appId, '1.0.0')
    expectProblem(await readConfig(shape(), appId), 'config_not_released')
    await release(shape(), appId, '1.0.0')
    expect((await readConfig(shape(), appId)).status).toBe(200)
  })
}

const absences = (shape: () => Shape): void => {
  it('answers 404 for unknown apps and templates, kept for a short time', async () => {
    const { appId: template } = await createApp(shape(), { kind: 'template' })
    for (const appId of [freshId('unknown'), template]) {
      const answer = await readConfig(shape(), appId)
      expectProblem(answer, 'app_not_found')
      expect(answer.headers['cache-control']).toBe('public, max-age=10')
      expect(answer.headers.etag).toBeUndefined()
    }
  })

  it('answers 404 with another code for an app without a release', async () => {
    const { appId } = await createApp(shape())
    const answer = await readConfig(shape(), appId)
    expectProblem(answer, 'config_not_released')
    expect(answer.headers['cache-control']).toBe('public, max-age=10')
  })

  it('answers 410 for an archived app, and its config again once it is back', async () => {
    const { appId } = await publishApp(shape())
    const before = await readConfig(shape(), appId)
    expect((await manage(shape(), 'DELETE', `/apps/${appId}`)).status).toBe(200)
    const archived = await readConfig(shape(), appId, { 'if-none-match': before.headers.etag ?? '' })
    expectProblem(archived, 'config_gone')
    expect(archived.headers['cache-control']).toBe('public, max-age=60')
    expect(archived.headers['cache-tag']).toBe(`app-${appId}`)
    expect(archived.headers['surrogate-key']).toBe(`app-${appId}`)
    const back = await manage(shape(), 'PATCH', `/apps/${appId}`, { body: { archived: false } })
    expect(back.status).toBe(200)
    const after = await readConfig(shape(), appId)
    expect(after.text).toBe(before.text)
    expect(lasting(after)).toEqual(lasting(before))
  })

  it('answers 410 for an app that was archived before its first release', async () => {
    const { appId } = await createApp(shape())
    await manage(shape(), 'DELETE', `/apps/${appId}`)
    expectProblem(await readConfig(shape(), appId), 'config_gone')
  })

  it('answers 404 for an app that is back from the archive and still has no release', async () => {
    const { appId } = await createApp(shape())
    await manage(shape(), 'DELETE', `/apps/${appId}`)
    expectProblem(await readConfig(shape(), appId), 'config_gone')
    await manage(shape(), 'PATCH', `/apps/${appId}`, { body: { archived: false } })
    expectProblem(await readConfig(shape(), appId), 'config_not_released')
  })

  it('answers HEAD of an unknown app with the status alone', async () => {
    const answer = await readConfig(shape(), freshId('unknown'), {}, 'HEAD')
    expect(answer.status).toBe(404)
    expect(answer.body.byteLength).toBe(0)
  })

  it.each(['-shop', '.shop', '_shop', 'a'.repeat(129), 'sh%20op', '%E4%B8%96', 'a:b', ''])(
    'answers 400 for the appId %j',
    async (appId) => {
      const answer = await readConfig(shape(), appId)
      expect(places(expectProblem(answer, 'invalid_parameter'))).toEqual(['invalid_parameter appId'])
    },
  )

  it.each(['%00', '..%2f', '/shop', '%zz'])(
    'answers 400 for %j, which could be taken for another path',
    async (path) => {
      expectProblem(await readConfig(shape(), path), 'invalid_request')
    },
  )

  it.each(['shop/', 'shop/more'])('answers 404 for the address .../config/%s', async (path) => {
    expectProblem(await readConfig(shape(), path), 'route_not_found')
  })
}

/** What a client is answered when it asks for its config. */
export const delivery = (shape: () => Shape): void => {
  describe('delivery', () => {
    answers(shape)
    changes(shape)
    absences(shape)
  })
}
