import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createApp, manage, type Page, readAudit, saveVersion } from './operator.ts'
import { expectProblem, places } from './problem.ts'
import type { Shape } from './shapes.ts'

interface Version {
  appId: string
  configVersion: string
  data: Record<string, unknown>
  checksum: string
}

/** Saves what changes nothing, so that any part may be raised. */
const bump = async (shape: Shape, appId: string, part: string): Promise<string> => {
  const body = { bump: part, data: { on: true } }
  const answer = await manage(shape, 'POST', `/apps/${appId}/configs`, { body })
  expect(answer.status, answer.text).toBe(201)
  return answer.json<Version>().configVersion
}

const saves = (shape: () => Shape): void => {
  it('saves a version: 201 with its address and every field; it reads back the same', async () => {
    const { appId } = await createApp(shape())
    const body = {
      configVersion: '1.4.0-rc.1+build.7',
      data: { b: 1, a: [] },
      note: 'Prices',
      deprecationDate: '2027-06-30',
      recommendedAppVersion: '2.1.0',
      minimumAppVersion: null,
    }
    const answer = await manage(shape(), 'POST', `/apps/${appId}/configs`, { body })
    expect(answer.status).toBe(201)
    expect(answer.headers.location).toBe(`/manage/v1/apps/${appId}/configs/1.4.0-rc.1%2Bbuild.7`)
    const version = answer.json<Version>()
    expect(Object.entries(version)).toEqual([
      ['appId', appId],
      ['configVersion', '1.4.0-rc.1+build.7'],
      ['minimumAppVersion', null],
      ['recommendedAppVersion', '2.1.0'],
      ['deprecationDate', '2027-06-30'],
      ['data', { b: 1, a: [] }],
      ['note', 'Prices'],
      ['checksum', expect.stringMatching(/^[0-9a-f]{64}$/)],
      ['createdBy', 'admin'],
      ['createdAt', expect.stringMatching(/Z$/)],
    ])
    const read = await manage(shape(), 'GET', `/apps/${appId}/configs/1.4.0-rc.1%2Bbuild.7`)
    expect(read.status).toBe(200)
    expect(read.text).toBe(answer.text)
  })

  it('makes the checksum of the content alone, whatever the order of keys', async () => {
    const checksums = []
    for (const data of [
      { x: 1, y: { k: 2, l: 3 } },
      { y: { l: 3, k: 2 }, x: 1 },
    ]) {
      const { appId } = await createApp(shape())
      const body = { configVersion: '1.0.0', minimumAppVersion: null, data }
      checksums.push(
        (await manage(shape(), 'POST', `/apps/${appId}/configs`, { body })).json<Version>().checksum,
      )
    }
    const canonical = '{"configVersion":"1.0.0","data":{"x":1,"y":{"k":2,"l":3}},"minimumAppVersion":null}'
    const expected = createHash('sha256').update(canonical).digest('hex')
    expect(checksums).toEqual([expected, expected])
  })

  it('answers 409 for a version the app has, and the old stays', async () => {
    const { appId } = await createApp(shape())
    await saveVersion(shape(), appId, '1.0.0', { kept: true })
    const audit = await readAudit(shape(), appId)
    const body = { configVersion: '1.0.0', data: { kept: false } }
    expectProblem(await manage(shape(), 'POST', `/apps/${appId}/configs`, { body }), 'version_exists')
    const read = await manage(shape(), 'GET', `/apps/${appId}/configs/1.0.0`)
    expect(read.json<Version>().data).toEqual({ kept: true })
    expect(await readAudit(shape(), appId)).toEqual(audit)
  })

  it('lets one of two equal versions sent at once win', async () => {
    const { appId } = await createApp(shape())
    const answers = await Promise.all(
      [1, 2, 3, 4].map((n) =>
        manage(shape(), 'POST', `/apps/${appId}/configs`, { body: { configVersion: '1.0.0', data: { n } } }),
      ),
    )
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409, 409, 409])
    const won = answers.find((answer) => answer.status === 201)?.json<Version>()
    expect((await manage(shape(), 'GET', `/apps/${appId}/configs/1.0.0`)).json()).toEqual(won)
  })

  it('answers 404 for a version the app does not have, and 400 for what is none', async () => {
    const { appId } = await createApp(shape())
    expectProblem(await manage(shape(), 'GET', `/apps/${appId}/configs/9.9.9`), 'version_not_found')
    const answer = await manage(shape(), 'GET', `/apps/${appId}/configs/latest`)
    expect(places(expectProblem(answer, 'invalid_parameter'))).toEqual(['invalid_parameter version'])
  })

  it('does not say what was not said, which is another thing than null', async () => {
    const { appId } = await createApp(shape())
    await saveVersion(shape(), appId, '1.0.0')
    const read = (await manage(shape(), 'GET', `/apps/${appId}/configs/1.0.0`)).json<Version>()
    expect(Object.keys(read)).toEqual([
      'appId',
      'configVersion',
      'data',
      'note',
      'checksum',
      'createdBy',
      'createdAt',
    ])
  })
}

const raises = (shape: () => Shape): void => {
  it.each([
    ['auto', '1.0.0'],
    ['major', '1.0.0'],
    ['minor', '0.1.0'],
    ['patch', '0.0.1'],
  ])('calls the first %s bump %s', async (part, expected) => {
    const { appId } = await createApp(shape())
    expect(await bump(shape(), appId, part)).toBe(expected)
  })

  it('raises the part above the highest version, not the latest saved or released', async () => {
    const { appId } = await createApp(shape())
    for (const version of ['1.9.0', '1.10.0', '1.2.3']) await saveVersion(shape(), appId, version)
    expect(await bump(shape(), appId, 'patch')).toBe('1.10.1')
    expect(await bump(shape(), appId, 'minor')).toBe('1.11.0')
    expect(await bump(shape(), appId, 'major')).toBe('2.0.0')
  })

  it('makes of a pre-release the release it leads to', async () => {
    const { appId } = await createApp(shape())
    await saveVersion(shape(), appId, '1.0.0')
    await saveVersion(shape(), appId, '2.0.0-beta.2')
    expect(await bump(shape(), appId, 'patch')).toBe('2.0.0')
    await saveVersion(shape(), appId, '2.1.0-rc.1')
    expect(await bump(shape(), appId, 'minor')).toBe('2.1.0')
    await saveVersion(shape(), appId, '2.2.0-rc.1')
    expect(await bump(shape(), appId, 'major')).toBe('3.0.0')
  })

  it('answers 422 where no version is higher, and the list of versions stays readable', async () => {
    const { appId } = await createApp(shape())
    const highest = `${Number.MAX_SAFE_INTEGER}.0.0`
    await saveVersion(shape(), appId, highest)
    const body = { bump: 'major', data: {} }
    expectProblem(await manage(shape(), 'POST', `/apps/${appId}/configs`, { body }), 'invalid_version')
    const { items } = (await manage(shape(), 'GET', `/apps/${appId}/configs`)).json<Page<Version>>()
    expect(items.map((version) => version.configVersion)).toEqual([highest])
    expect(await bump(shape(), appId, 'patch')).toBe(`${Number.MAX_SAFE_INTEGER}.0.1`)
  })

  it('gives each of many bumps sent at once a version of its own', async () => {
    const { appId } = await createApp(shape())
    const versions = await Promise.all(Array.from({ length: 6 }, () => bump(shape(), appId, 'patch')))
    expect(versions.sort()).toEqual(['0.0.1', '0.0.2', '0.0.3', '0.0.4', '0.0.5', '0.0.6'])
  })
}

const lists = (shape: () => Shape): void => {
  it('lists versions, the highest first, without their data, page after page', async () => {
    const { appId } = await createApp(shape())
    const versions = [
      '1.0.0',
      '1.10.0',
      '1.9.0',
      '2.0.0-beta.1',
      '2.0.0',
      '0.9.0',
      '2.0.0-beta.11',
      '2.0.0-beta.2',
    ]
    for (const version of versions) await saveVersion(shape(), appId, version)
    const listed: string[] = []
    let cursor = ''
    do {
      const path = `/apps/${appId}/configs?limit=3${cursor && `&cursor=${cursor}`}`
      const page = (await manage(shape(), 'GET', path)).json<Page<Version>>()
      expect(page.items[0]).not.toHaveProperty('data')
      listed.push(...page.items.map((item) => item.configVersion))
      cursor = page.nextCursor ?? ''
    } while (cursor !== '')
    expect(listed).toEqual([
      '2.0.0',
      '2.0.0-beta.11',
      '2.0.0-beta.2',
      '2.0.0-beta.1',
      '1.10.0',
      '1.9.0',
      '1.0.0',
      '0.9.0',
    ])
  })

  it('lists nothing for an app without versions', async () => {
    const { appId } = await createApp(shape())
    const answer = await manage(shape(), 'GET', `/apps/${appId}/configs`)
    expect(answer.text).toBe('{"items":[],"nextCursor":null}')
  })
}

/** Saving and reading immutable versions of a config. */
export const versions = (shape: () => Shape): void => {
  describe('config versions', () => {
    saves(shape)
    raises(shape)
    lists(shape)
  })
}
