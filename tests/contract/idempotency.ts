import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  createApp,
  freshId,
  manage,
  newestAudit,
  type Page,
  publishApp,
  type Release,
  release,
} from './operator.ts'
import { expectProblem, places } from './problem.ts'
import type { Shape } from './shapes.ts'

const post = (shape: Shape, path: string, key: string, body: object | string, headers = {}) =>
  manage(shape, 'POST', path, { body, headers: { 'idempotency-key': key, ...headers } })

const repeats = (shape: () => Shape): void => {
  it('answers the same again to the same request, and changes nothing', async () => {
    const { appId } = await createApp(shape())
    const questions: [path: string, body: object][] = [
      ['/apps', { appId: freshId(), name: 'Twice' }],
      [`/apps/${appId}/configs`, { bump: 'minor', data: { a: 1 } }],
      [`/apps/${appId}/releases`, { configVersion: '0.1.0', reason: 'first' }],
    ]
    for (const [path, body] of questions) {
      const key = `"${randomUUID()}"`
      const first = await post(shape(), path, key, body)
      expect(first.status).toBe(201)
      expect(first.headers).not.toHaveProperty('idempotency-replayed')
      const audit = await newestAudit(shape())
      const again = await post(shape(), path, key, body)
      expect(again.status).toBe(201)
      expect(again.text).toBe(first.text)
      expect(again.headers.etag).toBe(first.headers.etag)
      expect(again.headers.location).toBe(first.headers.location)
      expect(again.headers['idempotency-replayed']).toBe('true')
      expect(await newestAudit(shape())).toEqual(audit)
    }
  })

  it('takes the quoted and the bare key for one', async () => {
    const key = randomUUID()
    const body = { appId: freshId(), name: 'Quoted' }
    const first = await post(shape(), '/apps', `"${key}"`, body)
    const again = await post(shape(), '/apps', key, body)
    expect(again.status).toBe(201)
    expect(again.text).toBe(first.text)
  })

  it('knows a body again whatever its spaces', async () => {
    const appId = freshId()
    const key = randomUUID()
    const first = await post(shape(), '/apps', key, `{"appId":"${appId}","name":"x"}`)
    const again = await post(shape(), '/apps', key, `{ "name": "x",\n "appId": "${appId}" }`)
    expect(again.text).toBe(first.text)
  })

  it('gives the first answer again also after the app went on', async () => {
    const { appId } = await publishApp(shape())
    const key = randomUUID()
    const first = await post(shape(), `/apps/${appId}/releases`, key, { configVersion: '1.0.0' })
    const later = await release(shape(), appId, '1.0.0')
    const again = await post(shape(), `/apps/${appId}/releases`, key, { configVersion: '1.0.0' })
    expect(again.text).toBe(first.text)
    const [live] = (await manage(shape(), 'GET', `/apps/${appId}/releases`)).json<Page<Release>>().items
    expect(live?.revision).toBe(later.revision)
  })
}

const clashes = (shape: () => Shape): void => {
  it('answers 422 to another body or another address under the same key', async () => {
    const key = randomUUID()
    const appId = freshId()
    expect((await post(shape(), '/apps', key, { appId, name: 'One' })).status).toBe(201)
    const other = freshId()
    expectProblem(await post(shape(), '/apps', key, { appId: other, name: 'One' }), 'idempotency_key_reused')
    expect((await manage(shape(), 'GET', `/apps/${other}`)).status).toBe(404)
    const elsewhere = await post(shape(), `/apps/${appId}/configs`, key, { bump: 'major', data: {} })
    expectProblem(elsewhere, 'idempotency_key_reused')
  })

  it('lets concurrent twins have one effect and one answer', async () => {
    const { appId } = await createApp(shape())
    const key = randomUUID()
    const body = { bump: 'patch', data: {} }
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => post(shape(), `/apps/${appId}/configs`, key, body)),
    )
    expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 201))
    expect(new Set(answers.map((answer) => answer.text)).size).toBe(1)
    const replayed = answers.filter((answer) => answer.headers['idempotency-replayed'] === 'true')
    expect(replayed).toHaveLength(4)
    const page = (await manage(shape(), 'GET', `/apps/${appId}/configs`)).json<Page<object>>()
    expect(page.items).toHaveLength(1)
  })

  it('forgets a refused request, so that it may be sent again when it can succeed', async () => {
    const appId = freshId()
    const key = randomUUID()
    const body = { bump: 'patch', data: {} }
    expectProblem(await post(shape(), `/apps/${appId}/configs`, key, body), 'app_not_found')
    await createApp(shape(), { appId })
    expect((await post(shape(), `/apps/${appId}/configs`, key, body)).status).toBe(201)
  })

  it.each(['', 'x'.repeat(256)])('refuses the key %j', async (key) => {
    const appId = freshId()
    const answer = await post(shape(), '/apps', key, { appId, name: 'x' })
    const expected = ['invalid_parameter idempotency-key']
    expect(places(expectProblem(answer, 'invalid_parameter'))).toEqual(expected)
    expect((await manage(shape(), 'GET', `/apps/${appId}`)).status).toBe(404)
  })
}

/** A POST with an Idempotency-Key may be sent again without harm. */
export const idempotency = (shape: () => Shape): void => {
  describe('Idempotency-Key', () => {
    repeats(shape)
    clashes(shape)
  })
}
