import { describe, expect, it } from 'vitest'
import type { ConfigDiff } from '../../contract/config.ts'
import { createApp, manage, publishApp, type Release, readConfig, release, saveVersion } from './operator.ts'
import { expectProblem, places } from './problem.ts'
import type { Shape } from './shapes.ts'

const ask = (shape: Shape, path: string) => manage(shape, 'GET', `/apps/${path}`)

const diff = async (shape: Shape, path: string): Promise<ConfigDiff> => {
  const answer = await ask(shape, path)
  expect(answer.status, answer.text).toBe(200)
  return answer.json<ConfigDiff>()
}

const readRelease = async (shape: Shape, path: string): Promise<Release & { diff: ConfigDiff }> => {
  const answer = await ask(shape, path)
  expect(answer.status, answer.text).toBe(200)
  return answer.json<Release & { diff: ConfigDiff }>()
}

const lines = ({ changes }: ConfigDiff): string[] => changes.map(({ kind, pointer }) => `${kind} ${pointer}`)

/** A template with `{a: 1, b: 2}` live, and an app over it with `{b: 3}` live; both as 1.0.0. */
const family = async (shape: Shape): Promise<{ template: string; appId: string; live: Release }> => {
  const { appId: template } = await createApp(shape, { kind: 'template' })
  await saveVersion(shape, template, '1.0.0', { a: 1, b: 2 })
  await release(shape, template, '1.0.0')
  const { appId } = await createApp(shape, { extends: template })
  await saveVersion(shape, appId, '1.0.0', { b: 3 })
  return { template, appId, live: await release(shape, appId, '1.0.0') }
}

const ofVersions = (shape: () => Shape): void => {
  it('tells what a version changes in what is live on stable, in every form', async () => {
    const { appId } = await publishApp(shape(), { theme: { primary: '#000' }, gone: 1, codes: [1, 2] })
    const data = { theme: { primary: '#fff', dark: true }, codes: [1, 9, 2] }
    const body = { configVersion: '2.0.0', minimumAppVersion: '3.0.0', data }
    await manage(shape(), 'POST', `/apps/${appId}/configs`, { body })
    const answer = await ask(shape(), `${appId}/configs/2.0.0/diff`)
    expect(answer.status).toBe(200)
    const { jsonPatch, changes, text, ...rest } = answer.json<ConfigDiff>()
    expect(rest).toEqual({ from: '1.0.0', to: '2.0.0', bump: 'major' })
    const byPointer = (a: { pointer: string }, b: { pointer: string }) => (a.pointer < b.pointer ? -1 : 1)
    expect(changes.sort(byPointer)).toEqual([
      { pointer: '/data/codes', kind: 'changed', bump: 'patch', before: [1, 2], after: [1, 9, 2] },
      { pointer: '/data/gone', kind: 'removed', bump: 'major', before: 1 },
      { pointer: '/data/theme/dark', kind: 'added', bump: 'minor', after: true },
      { pointer: '/data/theme/primary', kind: 'changed', bump: 'patch', before: '#000', after: '#fff' },
      { pointer: '/minimumAppVersion', kind: 'changed', bump: 'patch', before: null, after: '3.0.0' },
    ])
    expect(jsonPatch).toHaveLength(5)
    expect(jsonPatch).toContainEqual({ op: 'add', path: '/data/codes/1', value: 9 })
    expect(jsonPatch).toContainEqual({ op: 'remove', path: '/data/gone' })
    expect(text.split('\n').sort()).toEqual([
      '+ /data/codes/1: 9',
      '+ /data/theme/dark: true',
      '- /data/gone: 1',
      '~ /data/theme/primary: "#000" -> "#fff"',
      '~ /minimumAppVersion: null -> "3.0.0"',
    ])
  })

  it('compares with another version, both ways, and with itself', async () => {
    const { appId } = await createApp(shape())
    await saveVersion(shape(), appId, '1.0.0', { a: 1 })
    await saveVersion(shape(), appId, '1.1.0-rc.1+b', { a: 1, b: 2 })
    const there = await diff(shape(), `${appId}/configs/1.1.0-rc.1%2Bb/diff?against=1.0.0`)
    expect(there).toMatchObject({ from: '1.0.0', to: '1.1.0-rc.1+b', bump: 'minor', text: '+ /data/b: 2' })
    const back = await diff(shape(), `${appId}/configs/1.0.0/diff?against=1.1.0-rc.1%2Bb`)
    expect(back).toMatchObject({ bump: 'major', text: '- /data/b: 2' })
    expect(await diff(shape(), `${appId}/configs/1.0.0/diff?against=1.0.0`)).toEqual({
      from: '1.0.0',
      to: '1.0.0',
      bump: 'none',
      changes: [],
      jsonPatch: [],
      text: '',
    })
  })

  it('tells everything as added where nothing is live on stable', async () => {
    const { appId } = await createApp(shape())
    await saveVersion(shape(), appId, '1.0.0', { a: 1, b: { c: 2 } })
    await manage(shape(), 'POST', `/apps/${appId}/releases`, {
      body: { configVersion: '1.0.0', channel: 'beta' },
    })
    const found = await diff(shape(), `${appId}/configs/1.0.0/diff`)
    expect(found).toMatchObject({ from: null, to: '1.0.0' })
    expect(lines(found)).toEqual(['added /data/a', 'added /data/b'])
  })

  it('compares what clients get, or with data=own what the app itself says', async () => {
    const { template, appId } = await family(shape())
    await saveVersion(shape(), appId, '2.0.0', { a: null })
    const effective = await diff(shape(), `${appId}/configs/2.0.0/diff`)
    expect(effective).toMatchObject({ bump: 'major' })
    expect(lines(effective)).toEqual(['removed /data/a', 'changed /data/b'])
    const own = await diff(shape(), `${appId}/configs/2.0.0/diff?data=own`)
    expect(lines(own)).toEqual(['removed /data/b', 'added /data/a'])
    const against = await diff(shape(), `${appId}/configs/2.0.0/diff?data=own&against=1.0.0`)
    expect(against).toEqual(own)
    // A template has no template: its own data is all there is.
    await saveVersion(shape(), template, '1.1.0', { a: 1, b: 2, c: 3 })
    expect(await diff(shape(), `${template}/configs/1.1.0/diff`)).toMatchObject({ text: '+ /data/c: 3' })
  })

  it('answers 404 for versions the app does not have, and 400 for parameters that are none', async () => {
    const { appId } = await publishApp(shape())
    for (const path of ['9.9.9/diff', '1.0.0/diff?against=9.9.9', '9.9.9/diff?data=own']) {
      const problem = expectProblem(await ask(shape(), `${appId}/configs/${path}`), 'version_not_found')
      expect(problem.detail).toContain('9.9.9')
    }
    expectProblem(await ask(shape(), 'none-such/configs/1.0.0/diff'), 'app_not_found')
    for (const [query, place] of [
      ['against=latest', 'against'],
      ['data=all', 'data'],
    ]) {
      const answer = await ask(shape(), `${appId}/configs/1.0.0/diff?${query}`)
      expect(places(expectProblem(answer, 'invalid_parameter'))).toEqual([`invalid_parameter ${place}`])
    }
  })
}

const ofReleases = (shape: () => Shape): void => {
  it('tells of a release what it changed for clients, against what was live before', async () => {
    const first = await publishApp(shape(), { a: 1 })
    const { appId } = first
    await saveVersion(shape(), appId, '1.1.0', { a: 1, b: 2 })
    const second = await release(shape(), appId, '1.1.0')
    const { diff: changed, ...told } = await readRelease(shape(), `${appId}/releases/${second.revision}`)
    expect(told).toEqual(second)
    expect(changed).toMatchObject({ from: '1.0.0', to: '1.1.0', bump: 'minor', text: '+ /data/b: 2' })
    const begun = await readRelease(shape(), `${appId}/releases/${first.revision}`)
    expect(begun.diff).toMatchObject({ from: null, to: '1.0.0', text: '+ /data/a: 1' })
  })

  it('compares with any other release of the app', async () => {
    const first = await publishApp(shape(), { a: 1 })
    const { appId } = first
    await saveVersion(shape(), appId, '1.0.1', { a: 2 })
    const second = await release(shape(), appId, '1.0.1')
    const third = await release(shape(), appId, '1.0.0')
    const path = `${appId}/releases/${third.revision}`
    expect((await readRelease(shape(), path)).diff.text).toBe('~ /data/a: 2 -> 1')
    const same = await readRelease(shape(), `${path}?against=${first.revision}`)
    expect(same.diff).toMatchObject({ from: '1.0.0', to: '1.0.0', bump: 'none', text: '' })
    const later = await readRelease(shape(), `${appId}/releases/${first.revision}?against=${second.revision}`)
    expect(later.diff.text).toBe('~ /data/a: 2 -> 1')
  })

  it('compares what clients really got, with the template as it was then', async () => {
    const { template, appId, live } = await family(shape())
    await saveVersion(shape(), template, '1.1.0', { a: 5, b: 2, c: 7 })
    await release(shape(), template, '1.1.0')
    const [brought] = (await ask(shape(), `${appId}/releases`)).json<{ items: Release[] }>().items
    expect(brought).toMatchObject({ kind: 'template', previousRevision: live.revision, baseVersion: '1.1.0' })
    const { diff: changed } = await readRelease(shape(), `${appId}/releases/${brought?.revision}`)
    expect(changed).toMatchObject({ from: '1.0.0', to: '1.0.0', bump: 'minor' })
    expect(lines(changed)).toEqual(['changed /data/a', 'added /data/c'])
    expect((await readConfig(shape(), appId)).json()).toMatchObject({ data: { a: 5, b: 3, c: 7 } })
  })

  it('answers 404 for what is no release of the app, and 400 for what is no revision', async () => {
    const { appId, revision } = await publishApp(shape())
    const other = await publishApp(shape())
    for (const path of [
      `releases/${other.revision}`,
      `releases/${revision}?against=${other.revision}`,
      `releases/${revision}?against=-1`,
      'releases/999999999999999',
    ]) {
      expectProblem(await ask(shape(), `${appId}/${path}`), 'release_not_found')
    }
    expectProblem(await ask(shape(), 'none-such/releases/1'), 'app_not_found')
    for (const path of ['releases/x', 'releases/0', `releases/${revision}?against=x`]) {
      expectProblem(await ask(shape(), `${appId}/${path}`), 'invalid_parameter')
    }
  })
}

/** What versions and releases change. */
export const diffs = (shape: () => Shape): void => {
  describe('diffs', () => {
    ofVersions(shape)
    ofReleases(shape)
  })
}
