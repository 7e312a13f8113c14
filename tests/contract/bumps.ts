import { describe, expect, it } from 'vitest'
import { createApp, manage, readAudit, release, saveVersion } from './operator.ts'
import { expectProblem, places } from './problem.ts'
import type { Shape } from './shapes.ts'

const post = (shape: Shape, appId: string, body: object) =>
  manage(shape, 'POST', `/apps/${appId}/configs`, { body })

/** The version that a document was saved under. */
const save = async (shape: Shape, appId: string, body: object): Promise<string> => {
  const answer = await post(shape, appId, body)
  expect(answer.status, answer.text).toBe(201)
  return answer.json<{ configVersion: string }>().configVersion
}

/** An app that has this one version, 1.4.2. */
const appWith = async (shape: Shape, data: object): Promise<string> => {
  const { appId } = await createApp(shape)
  await saveVersion(shape, appId, '1.4.2', data)
  return appId
}

/** A template with this live, and an app that extends it. */
const family = async (shape: Shape, document: object): Promise<{ template: string; appId: string }> => {
  const { appId: template } = await createApp(shape, { kind: 'template' })
  await release(shape, template, await save(shape, template, { bump: 'auto', ...document }))
  const { appId } = await createApp(shape, { extends: template })
  return { template, appId }
}

const automatic = (shape: () => Shape): void => {
  it('finds with bump: auto what each change deserves', async () => {
    const { appId } = await createApp(shape())
    const steps: [expected: string, document: object][] = [
      ['1.0.0', { data: { theme: { primary: '#000' }, codes: [] } }],
      ['1.0.1', { data: { theme: { primary: '#fff' }, codes: [] } }],
      ['1.0.2', { data: { theme: { primary: '#fff' }, codes: [1] } }],
      ['1.0.3', { data: { theme: { primary: '#fff' }, codes: [1] } }],
      ['1.0.4', { data: { theme: { primary: '#fff' }, codes: [1] }, minimumAppVersion: '2.0.0' }],
      ['1.1.0', { data: { theme: { primary: '#fff', dark: true }, codes: [1] } }],
      ['2.0.0', { data: { theme: { primary: '#fff', dark: true }, codes: [1, 'x'] } }],
      ['3.0.0', { data: { theme: { primary: null, dark: true }, codes: [1, 'x'] } }],
      ['4.0.0', { data: { codes: [1, 'x'], extra: 1 } }],
    ]
    for (const [expected, document] of steps) {
      expect(await save(shape(), appId, { bump: 'auto', ...document })).toBe(expected)
    }
  })

  it('compares with the highest version, not with the latest saved', async () => {
    const appId = await appWith(shape(), { a: 1, b: 1 })
    await saveVersion(shape(), appId, '1.2.0', { a: 1 })
    expect(await save(shape(), appId, { bump: 'auto', data: { a: 1 } })).toBe('2.0.0')
  })

  it('compares what clients get: what the template says is no change, and what it does not say is', async () => {
    const { template, appId } = await family(shape(), { data: { a: 1, b: 2 } })
    expect(await save(shape(), appId, { bump: 'auto', data: {} })).toBe('1.0.0')
    expect(await save(shape(), appId, { bump: 'auto', data: { a: 1 } })).toBe('1.0.1')
    expect(await save(shape(), appId, { bump: 'auto', data: { a: 5 } })).toBe('1.0.2')
    expect(await save(shape(), appId, { bump: 'auto', data: { c: 5 } })).toBe('1.1.0')
    expect(await save(shape(), appId, { bump: 'auto', data: { a: null, c: 5 } })).toBe('2.0.0')
    await release(shape(), template, await save(shape(), template, { bump: 'auto', data: { b: 2 } }))
    expect(await save(shape(), appId, { bump: 'auto', data: { c: 5 } })).toBe('2.0.1')
  })

  it('saves for an app whose template has no release yet, judging its own data', async () => {
    const template = await createApp(shape(), { kind: 'template' })
    const { appId } = await createApp(shape(), { extends: template.appId })
    expect(await save(shape(), appId, { bump: 'auto', data: { a: 1 } })).toBe('1.0.0')
    expect(await save(shape(), appId, { bump: 'auto', data: {} })).toBe('2.0.0')
  })
}

const refusals = (shape: () => Shape): void => {
  it.each([
    ['a key is gone', { a: 1 }, '1.5.0', '/data/list is gone', '2.0.0'],
    ['a type changed', { a: 'x', list: [1] }, '1.9.9', '/data/a has another type', '2.0.0'],
    ['a key is new', { a: 1, list: [1], b: 1 }, '1.4.3', '/data/b is new', '1.5.0'],
    ['a value changed', { a: 2, list: [1] }, '1.4.2+b', '/data/a has another value', '1.4.3'],
  ])(
    'refuses a version too low where %s, and tells the lowest that will do',
    async (_, data, low, why, enough) => {
      const appId = await appWith(shape(), { a: 1, list: [1] })
      const audit = await readAudit(shape(), appId)
      const problem = expectProblem(
        await post(shape(), appId, { configVersion: low, data }),
        'version_too_low',
      )
      expect(places(problem)).toEqual(['version_too_low /configVersion'])
      expect(problem.detail).toContain(`${low} is too low: since 1.4.2 ${why}`)
      expect(problem.detail).toContain(`the lowest version that will do is ${enough}`)
      expect(await readAudit(shape(), appId)).toEqual(audit)
      // A pre-release of what is needed is enough, and then the version itself is.
      expect(await save(shape(), appId, { configVersion: `${enough}-rc.1`, data })).toBe(`${enough}-rc.1`)
      expect(await save(shape(), appId, { configVersion: enough, data })).toBe(enough)
    },
  )

  it('names a few of many changes', async () => {
    const appId = await appWith(shape(), { a: 1, b: 1, c: 1, d: 1, e: 1 })
    const { detail } = expectProblem(
      await post(shape(), appId, { configVersion: '1.5.0', data: {} }),
      'version_too_low',
    )
    expect(detail).toContain('/data/a is gone, /data/b is gone, /data/c is gone and 2 more, which is a major')
  })

  it('refuses a part lower than the change deserves as it does a version', async () => {
    const appId = await appWith(shape(), { a: 1 })
    for (const bump of ['patch', 'minor']) {
      const problem = expectProblem(await post(shape(), appId, { bump, data: {} }), 'version_too_low')
      expect(places(problem)).toEqual(['version_too_low /bump'])
    }
    expect(await save(shape(), appId, { bump: 'major', data: {} })).toBe('2.0.0')
  })

  it('compares a version with the highest release below it; the lowest of all may be anything', async () => {
    const appId = await appWith(shape(), { a: 1 })
    await saveVersion(shape(), appId, '3.0.0', { b: 1 })
    expectProblem(await post(shape(), appId, { configVersion: '1.5.0', data: { b: 1 } }), 'version_too_low')
    expect(await save(shape(), appId, { configVersion: '2.0.0', data: { b: 1 } })).toBe('2.0.0')
    expect(await save(shape(), appId, { configVersion: '0.0.1-alpha', data: { c: 1 } })).toBe('0.0.1-alpha')
  })

  it('lets pre-releases break one another, but not the release below them', async () => {
    const appId = await appWith(shape(), { a: 1 })
    await saveVersion(shape(), appId, '1.5.0-rc.1', { a: 1, b: 1 })
    await saveVersion(shape(), appId, '1.5.0-rc.2', { a: 1, c: 1 })
    for (const low of ['1.5.0-rc.3', '1.5.0', '1.9.0']) {
      const answer = await post(shape(), appId, { configVersion: low, data: { c: 1 } })
      expect(expectProblem(answer, 'version_too_low').detail).toContain('since 1.4.2 /data/a is gone')
    }
    expect(await save(shape(), appId, { bump: 'auto', data: { a: 2 } })).toBe('1.5.0')
  })

  it('takes anything after pre-releases alone', async () => {
    const { appId } = await createApp(shape())
    await saveVersion(shape(), appId, '0.9.0-rc.1', { a: 1 })
    await saveVersion(shape(), appId, '0.9.0-rc.2', { b: 1 })
    expect(await save(shape(), appId, { bump: 'auto', data: { c: 1 } })).toBe('0.9.0')
  })

  it('answers 409, not 422, for a version the app has', async () => {
    const appId = await appWith(shape(), { a: 1 })
    await saveVersion(shape(), appId, '2.0.0', {})
    expectProblem(await post(shape(), appId, { configVersion: '2.0.0', data: { b: 1 } }), 'version_exists')
  })

  it('takes it with force: true, and tells in the audit log what was forced', async () => {
    const appId = await appWith(shape(), { a: 1 })
    const answer = await post(shape(), appId, { configVersion: '1.4.3', data: {}, force: true })
    expect(answer.status).toBe(201)
    const [forced] = await readAudit(shape(), appId)
    expect(forced?.after).toEqual({
      ...answer.json(),
      forced: [{ code: 'version_too_low', detail: expect.stringContaining('/data/a is gone') }],
    })
    await post(shape(), appId, { configVersion: '1.4.4', data: {}, force: true })
    expect((await readAudit(shape(), appId))[0]?.after).not.toHaveProperty('forced')
  })
}

const appVersions = (shape: () => Shape): void => {
  it('refuses to recommend less than is required, whichever the template says', async () => {
    const contradicting: [template: object, own: object][] = [
      [{}, { minimumAppVersion: '3.0.0', recommendedAppVersion: '2.9.9' }],
      [{}, { minimumAppVersion: '3.0.0', recommendedAppVersion: '3.0.0-beta' }],
      [{ minimumAppVersion: '3.0.0' }, { recommendedAppVersion: '2.0.0' }],
      [{ recommendedAppVersion: '2.0.0' }, { minimumAppVersion: '3.0.0' }],
    ]
    for (const [above, own] of contradicting) {
      const { appId } = await family(shape(), { data: {}, ...above })
      const problem = expectProblem(
        await post(shape(), appId, { bump: 'auto', data: {}, ...own }),
        'invalid_version',
      )
      expect(places(problem)).toEqual(['invalid_version /recommendedAppVersion'])
      expect(problem.title).toBe('A version is not a semantic one, or not possible here')
      expect(problem.detail).toContain('recommend 3.0.0 or higher, or null for none')
    }
  })

  it('takes what does not contradict itself', async () => {
    const { appId } = await family(shape(), { data: {}, recommendedAppVersion: '2.0.0' })
    for (const own of [
      {},
      { minimumAppVersion: '2.0.0' },
      { minimumAppVersion: '3.0.0', recommendedAppVersion: null },
      { minimumAppVersion: '3.0.0', recommendedAppVersion: '3.0.0' },
      { minimumAppVersion: null, recommendedAppVersion: '0.1.0' },
    ]) {
      await save(shape(), appId, { bump: 'auto', data: {}, ...own })
    }
  })
}

/** Which version a change deserves, and what happens to lower ones. */
export const bumps = (shape: () => Shape): void => {
  describe('bumps', () => {
    automatic(shape)
    refusals(shape)
    appVersions(shape)
  })
}
