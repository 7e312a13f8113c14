import { describe, expect, it } from 'vitest'
import {
  createApp,
  manage,
  type Page,
  publishApp,
  type Release,
  readConfig,
  release,
  saveVersion,
} from './operator.ts'
import { expectProblem } from './problem.ts'
import type { Shape } from './shapes.ts'

const publish = (shape: Shape, appId: string, body: object, ifMatch?: string) =>
  manage(shape, 'POST', `/apps/${appId}/releases`, {
    body,
    ...(ifMatch !== undefined && { headers: { 'if-match': ifMatch } }),
  })

const history = async (shape: Shape, appId: string, query = ''): Promise<Page<Release>> =>
  (await manage(shape, 'GET', `/apps/${appId}/releases${query}`)).json<Page<Release>>()

const publishes = (shape: () => Shape): void => {
  it('releases a version with actor and reason: 201 with its revision as ETag', async () => {
    const { appId } = await createApp(shape())
    await saveVersion(shape(), appId, '1.0.0')
    const answer = await publish(shape(), appId, { configVersion: '1.0.0', reason: 'Black Friday — prices' })
    expect(answer.status).toBe(201)
    const live = answer.json<Release>()
    expect(Object.entries(live)).toEqual([
      ['revision', expect.any(Number)],
      ['appId', appId],
      ['channel', 'stable'],
      ['configVersion', '1.0.0'],
      ['baseVersion', null],
      ['kind', 'publish'],
      ['previousRevision', null],
      ['rolloutId', null],
      ['fleetReleaseId', null],
      ['deprecationDate', null],
      ['actor', 'admin'],
      ['reason', 'Black Friday — prices'],
      ['releasedAt', expect.stringMatching(/Z$/)],
    ])
    expect(answer.headers.etag).toBe(`"${live.revision}"`)
    expect((await history(shape(), appId)).items).toEqual([live])
  })

  it('gives each release a higher revision, over all apps', async () => {
    const first = await publishApp(shape())
    const second = await publishApp(shape())
    const third = await release(shape(), first.appId, '1.0.0')
    expect(second.revision).toBeGreaterThan(first.revision)
    expect(third.revision).toBeGreaterThan(second.revision)
  })

  it('answers 404 for a version the app does not have', async () => {
    const { appId } = await publishApp(shape())
    expectProblem(await publish(shape(), appId, { configVersion: '9.9.9' }), 'version_not_found')
    expect((await history(shape(), appId)).items).toHaveLength(1)
  })

  it('answers 409 for an app whose template has no release, until it has one', async () => {
    const template = await createApp(shape(), { kind: 'template' })
    const { appId } = await createApp(shape(), { extends: template.appId })
    await saveVersion(shape(), appId, '1.0.0')
    expectProblem(await publish(shape(), appId, { configVersion: '1.0.0' }), 'template_not_released')
    expect((await history(shape(), appId)).items).toEqual([])
    await saveVersion(shape(), template.appId, '3.0.0')
    expect(await release(shape(), template.appId, '3.0.0')).toMatchObject({
      fanOut: { apps: 0, channels: 0 },
    })
    expect(await release(shape(), appId, '1.0.0')).toMatchObject({ baseVersion: '3.0.0' })
  })

  it('serves all, and ends with the highest revision, when many are sent at once', async () => {
    const { appId } = await createApp(shape())
    const versions = Array.from({ length: 6 }, (_, i) => `1.0.${i}`)
    for (const version of versions) await saveVersion(shape(), appId, version, { version })
    const answers = await Promise.all(
      versions.map((configVersion) => publish(shape(), appId, { configVersion })),
    )
    expect(answers.map((answer) => answer.status)).toEqual(versions.map(() => 201))
    const [newest] = (await history(shape(), appId)).items
    expect((await readConfig(shape(), appId)).json()).toMatchObject({ configVersion: newest?.configVersion })
  })
}

const conditions = (shape: () => Shape): void => {
  it('releases on the condition that If-Match names the live revision', async () => {
    const first = await publishApp(shape())
    const { appId } = first
    await saveVersion(shape(), appId, '2.0.0', { second: true })
    const body = { configVersion: '2.0.0' }
    const second = await publish(shape(), appId, body, `"${first.revision}"`)
    expect(second.status).toBe(201)
    const { revision } = second.json<Release>()
    for (const stale of [
      `"${first.revision}"`,
      `W/"${revision}"`,
      String(revision),
      `"${revision + 1}", "x"`,
      '',
    ]) {
      const refused = await publish(shape(), appId, { configVersion: '1.0.0' }, stale)
      expectProblem(refused, 'revision_mismatch')
      expect(refused.headers.etag).toBe(`"${revision}"`)
    }
    expect((await readConfig(shape(), appId)).json()).toMatchObject({ data: { second: true } })
    expect((await history(shape(), appId)).items).toHaveLength(2)
    expect((await publish(shape(), appId, body, `"1", "${revision}"`)).status).toBe(201)
    expect((await publish(shape(), appId, body, '*')).status).toBe(201)
  })

  it('answers 412 to any If-Match where nothing is live on the channel', async () => {
    const { appId } = await publishApp(shape())
    await saveVersion(shape(), appId, '2.0.0')
    for (const ifMatch of ['*', '"1"']) {
      const refused = await publish(shape(), appId, { configVersion: '2.0.0', channel: 'beta' }, ifMatch)
      expectProblem(refused, 'revision_mismatch')
      expect(refused.headers).not.toHaveProperty('etag')
    }
  })

  it('lets one of two who both saw the same revision win', async () => {
    const { appId, revision } = await publishApp(shape())
    const answers = await Promise.all(
      [1, 2].map(() => publish(shape(), appId, { configVersion: '1.0.0' }, `"${revision}"`)),
    )
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, 412])
  })
}

const histories = (shape: () => Shape): void => {
  it('lists the history, newest first, page after page, of one channel or of all', async () => {
    const first = await publishApp(shape())
    const { appId } = first
    const made = [first]
    for (const channel of ['stable', 'beta', 'stable', 'team-7']) {
      const answer = await publish(shape(), appId, { configVersion: '1.0.0', channel })
      made.unshift(answer.json<Release>())
    }
    expect(await history(shape(), appId)).toEqual({ items: made, nextCursor: null })
    const paged: Release[] = []
    let page = await history(shape(), appId, '?limit=2')
    paged.push(...page.items)
    // A release in between moves no page.
    await release(shape(), appId, '1.0.0')
    while (page.nextCursor !== null) {
      page = await history(shape(), appId, `?limit=2&cursor=${page.nextCursor}`)
      paged.push(...page.items)
    }
    expect(paged).toEqual(made)
    const stable = await history(shape(), appId, '?channel=beta')
    expect(stable.items).toEqual(made.filter((item) => item.channel === 'beta'))
  })
}

/** Making versions live, on conditions, and the history of it. */
export const releases = (shape: () => Shape): void => {
  describe('releases', () => {
    publishes(shape)
    conditions(shape)
    histories(shape)
  })
}
