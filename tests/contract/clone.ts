import { describe, expect, it } from 'vitest'
import { change, dataOf, goesLive, history, makeApp, makeTemplate, released } from './chain.ts'
import {
  type App,
  as,
  createApp,
  createKey,
  freshId,
  manage,
  type Page,
  readAudit,
  readConfig,
  saveVersion,
} from './operator.ts'
import { expectProblem, places } from './problem.ts'
import type { Shape } from './shapes.ts'

const clone = (shape: Shape, appId: string, body: object, headers: Record<string, string> = {}) =>
  manage(shape, 'POST', `/apps/${appId}/clone`, { body, headers })

const cloned = async (shape: Shape, appId: string, body: object = {}): Promise<App> => {
  const answer = await clone(shape, appId, { appId: freshId('clone'), ...body })
  expect(answer.status, answer.text).toBe(201)
  return answer.json<App>()
}

const versionsOf = async (shape: Shape, appId: string): Promise<string[]> =>
  (await manage(shape, 'GET', `/apps/${appId}/configs`))
    .json<Page<{ configVersion: string }>>()
    .items.map(({ configVersion }) => configVersion)

const copies = (shape: () => Shape): void => {
  it('makes a new app with the settings of the other, live on the same channels with the same config', async () => {
    const template = await makeTemplate(shape())
    await goesLive(shape(), template, '1.0.0', { a: 1 })
    const targeting = { attributes: { plan: { type: 'string' } }, pollSeconds: 60 }
    const reading = { allowedOrigins: ['https://shop.example.com'] }
    const settings = { ...reading, extends: template, labels: { team: 'x' }, ...targeting }
    const source = await createApp(shape(), { name: 'Source', ...settings })
    await goesLive(shape(), source.appId, '1.0.0', { never: 'live again' })
    const pinned = await goesLive(shape(), source.appId, '2.0.0', { own: 1 })
    await goesLive(shape(), source.appId, '3.0.0', { own: 2 }, { channel: 'beta' })
    await goesLive(shape(), template, '1.1.0', { a: 2 })
    await released(shape(), source.appId, { rollbackTo: pinned.revision })

    const appId = freshId('clone')
    const answer = await clone(shape(), source.appId, { appId, reason: 'For Austria' })
    expect(answer.status, answer.text).toBe(201)
    const app = answer.json<App>()
    const { revision, createdAt, updatedAt } = app
    expect(app).toEqual({ ...source, appId, revision, createdAt, updatedAt })
    expect(answer.headers).toMatchObject({ location: `/manage/v1/apps/${appId}`, etag: `"${revision}"` })
    expect(await dataOf(shape(), appId)).toEqual({ a: 1, own: 1 })
    expect(await dataOf(shape(), appId)).toEqual(await dataOf(shape(), source.appId))
    expect(await versionsOf(shape(), appId)).toEqual(['3.0.0', '2.0.0'])
    const [beta] = await history(shape(), appId, 'beta')
    expect(beta).toMatchObject({
      kind: 'publish',
      configVersion: '3.0.0',
      baseVersion: '1.1.0',
      previousRevision: null,
      reason: 'For Austria',
    })
    const [audited] = await readAudit(shape(), appId)
    expect(audited).toMatchObject({
      action: 'app.clone',
      before: null,
      after: { appId, clonedFrom: source.appId },
      reason: 'For Austria',
    })
  })

  it('leaves no tie: what happens to the one does not reach the other, only their template reaches both', async () => {
    const template = await makeTemplate(shape())
    await goesLive(shape(), template, '1.0.0', { a: 1 })
    const source = await makeApp(shape(), template)
    await goesLive(shape(), source, '1.0.0', { own: 1 })
    const { appId } = await cloned(shape(), source)
    await goesLive(shape(), source, '1.0.1', { own: 2 })
    expect(await dataOf(shape(), appId)).toEqual({ a: 1, own: 1 })
    await goesLive(shape(), appId, '1.0.1', { own: 3 })
    await goesLive(shape(), template, '1.0.1', { a: 2 })
    expect([await dataOf(shape(), source), await dataOf(shape(), appId)]).toEqual([
      { a: 2, own: 2 },
      { a: 2, own: 3 },
    ])
  })

  it('takes another name and other labels, and an app that has no release', async () => {
    const source = await createApp(shape(), { labels: { team: 'x' } })
    await saveVersion(shape(), source.appId, '1.0.0')
    const app = await cloned(shape(), source.appId, { name: 'Other', labels: { team: 'y' } })
    expect(app).toMatchObject({ name: 'Other', labels: { team: 'y' }, extends: null })
    expectProblem(await readConfig(shape(), app.appId), 'config_not_released')
    expect(await versionsOf(shape(), app.appId)).toEqual([])
  })

  it('clones a template, tied to the same one above', async () => {
    const root = await makeTemplate(shape())
    await goesLive(shape(), root, '1.0.0', { a: 1 })
    const template = await makeTemplate(shape(), root)
    await goesLive(shape(), template, '1.0.0', { b: 1 })
    const copy = await cloned(shape(), template)
    expect(copy).toMatchObject({ kind: 'template', extends: root })
    const app = await makeApp(shape(), copy.appId)
    await goesLive(shape(), app, '1.0.0', {})
    expect(await dataOf(shape(), app)).toEqual({ a: 1, b: 1 })
  })

  it('makes one app for one Idempotency-Key', async () => {
    const source = await makeApp(shape(), null)
    await goesLive(shape(), source, '1.0.0', {})
    const [appId, key] = [freshId('clone'), { 'idempotency-key': freshId('key') }]
    const answers = [
      await clone(shape(), source, { appId }, key),
      await clone(shape(), source, { appId }, key),
    ]
    expect(answers.map(({ status }) => status)).toEqual([201, 201])
    expect(answers[1]?.text).toBe(answers[0]?.text)
    expect(await history(shape(), appId)).toHaveLength(1)
  })
}

const refusals = (shape: () => Shape): void => {
  it('answers 404 for an unknown app, 409 for an archived one and for a taken appId', async () => {
    const source = await makeApp(shape(), null)
    const taken = await makeApp(shape(), null)
    expectProblem(await clone(shape(), freshId(), { appId: freshId() }), 'app_not_found')
    expectProblem(await clone(shape(), source, { appId: taken }), 'app_exists')
    expectProblem(await clone(shape(), source, { appId: source }), 'app_exists')
    await manage(shape(), 'DELETE', `/apps/${source}`)
    expectProblem(await clone(shape(), source, { appId: freshId() }), 'app_archived')
  })

  it('answers 422 for a body that does not say what to make', async () => {
    const source = await makeApp(shape(), null)
    const bodies: [object, string][] = [
      [{}, 'missing_field /appId'],
      [{ appId: 'no!' }, 'invalid_field /appId'],
      [{ appId: freshId(), extends: null }, 'unknown_field /extends'],
      [{ appId: freshId(), override: true }, 'invalid_field /reason'],
    ]
    for (const [body, place] of bodies) {
      const answer = await clone(shape(), source, body)
      expect(answer.status).toBe(422)
      expect(places(answer.json())).toEqual([place])
    }
  })

  it('answers 409 where a release of the copy would need approval, unless an administrator overrides it', async () => {
    const source = await makeApp(shape(), null)
    await goesLive(shape(), source, '1.0.0', { own: 1 })
    await change(shape(), source, { requiresApproval: true })
    const appId = freshId('clone')
    const { detail } = expectProblem(await clone(shape(), source, { appId }), 'approval_required')
    // There is no clone to propose a release of.
    expect(detail).not.toContain('/proposals')
    expect(detail).toContain('An administrator may clone it with "override": true and a reason')
    const forced = { appId, override: true, reason: 'agreed by phone' }
    const publisher = await createKey(shape(), { role: 'publisher' })
    expectProblem(await clone(as(shape(), publisher), source, forced), 'forbidden')
    expectProblem(await manage(shape(), 'GET', `/apps/${appId}`), 'app_not_found')
    expect((await clone(shape(), source, forced)).json()).toMatchObject({ appId, requiresApproval: true })
    const [audited] = await readAudit(shape(), appId)
    expect(audited?.after).toMatchObject({ overridden: [{ code: 'approval_required' }] })
  })

  it('answers 409 where the template of the two is frozen', async () => {
    const template = await makeTemplate(shape())
    await goesLive(shape(), template, '1.0.0', { a: 1 })
    const source = await makeApp(shape(), template)
    await goesLive(shape(), source, '1.0.0', {})
    const until = new Date(Date.now() + 3_600_000).toISOString()
    await manage(shape(), 'POST', '/freezes', { body: { appId: template, until, reason: 'audit' } })
    const appId = freshId('clone')
    expectProblem(await clone(shape(), source, { appId }), 'frozen')
    expectProblem(await manage(shape(), 'GET', `/apps/${appId}`), 'app_not_found')
  })

  it('answers 403 below publisher, and for a token that is not for both apps', async () => {
    const team = freshId('team')
    const { appId } = await createApp(shape(), { labels: { team } })
    await goesLive(shape(), appId, '1.0.0', {})
    const editor = await createKey(shape(), { role: 'editor' })
    expectProblem(await clone(as(shape(), editor), appId, { appId: freshId() }), 'forbidden')
    const ofOne = as(shape(), await createKey(shape(), { role: 'publisher', appIds: [appId] }))
    expectProblem(await clone(ofOne, appId, { appId: freshId() }), 'forbidden')
    const ofTeam = as(shape(), await createKey(shape(), { role: 'publisher', labels: { team } }))
    expectProblem(await clone(ofTeam, appId, { appId: freshId(), labels: {} }), 'forbidden')
    expect((await clone(ofTeam, appId, { appId: freshId() })).status).toBe(201)
    const other = await makeApp(shape(), null)
    expectProblem(await clone(ofTeam, other, { appId: freshId(), labels: { team } }), 'forbidden')
  })

  it('answers 403 to a token that does not reach the template: the copy would show what it says', async () => {
    const team = freshId('team')
    const template = await makeTemplate(shape())
    const source = await createApp(shape(), { extends: template, labels: { team } })
    const ofTeam = as(shape(), await createKey(shape(), { role: 'publisher', labels: { team } }))
    expectProblem(await clone(ofTeam, source.appId, { appId: freshId() }), 'forbidden')
  })
}

/** Cloning: a copy of an app without a tie to it. */
export const clones = (shape: () => Shape): void => {
  describe('clones', () => {
    copies(shape)
    refusals(shape)
  })
}
