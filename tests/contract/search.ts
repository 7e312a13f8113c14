import { describe, expect, it } from 'vitest'
import { makeTemplate } from './chain.ts'
import { type App, as, createApp, createKey, freshId, manage, type Page } from './operator.ts'
import { expectProblem, places } from './problem.ts'
import type { Shape } from './shapes.ts'

/** Every app of a list, in pages of this size. */
const list = async (shape: Shape, query: Record<string, string>, limit = 200): Promise<App[]> => {
  const items: App[] = []
  for (let cursor: string | null = null; ; ) {
    const more = new URLSearchParams({ ...query, limit: String(limit), ...(cursor !== null && { cursor }) })
    const answer = await manage(shape, 'GET', `/apps?${more}`)
    expect(answer.status, answer.text).toBe(200)
    const page = answer.json<Page<App>>()
    expect(page.items.length).toBeLessThanOrEqual(limit)
    items.push(...page.items)
    if (page.nextCursor === null) return items
    cursor = page.nextCursor
  }
}

const idsOf = async (shape: Shape, query: Record<string, string>, limit?: number): Promise<string[]> =>
  (await list(shape, query, limit)).map(({ appId }) => appId)

const searches = (shape: () => Shape): void => {
  it('finds apps by the beginning of the appId first, then by that of the name, whatever the case', async () => {
    const mark = freshId('Search').replace('.', '-')
    const make = (appId: string, name: string) => createApp(shape(), { appId, name })
    await make(`${mark}-b`, 'Nothing')
    await make(`${mark.toLowerCase()}-A`, `${mark} too`)
    const byName = [freshId('z'), freshId('a')]
    await make(byName[0] ?? '', `${mark.toUpperCase()} Alpha`)
    await make(byName[1] ?? '', `${mark.toLowerCase()} beta`)
    await make(freshId(), `The ${mark}`)
    const expected = [`${mark.toLowerCase()}-A`, `${mark}-b`, ...byName]
    for (const limit of [200, 3, 2, 1]) {
      expect(await idsOf(shape(), { search: mark }, limit), `pages of ${limit}`).toEqual(expected)
    }
    expect(await idsOf(shape(), { search: `${mark.toUpperCase()}-` })).toEqual(expected.slice(0, 2))
    expect(await idsOf(shape(), { search: `${mark}x` })).toEqual([])
  })

  it('takes what is searched for as it is: no character stands for others', async () => {
    const mark = freshId('wild').replace('.', '')
    const { appId } = await createApp(shape(), { name: `100%_of ${mark} \\o/` })
    expect(await idsOf(shape(), { search: `100%_of ${mark} \\` })).toEqual([appId])
    for (const search of [`%${mark}`, `100%%of ${mark}`, `___%_of ${mark}`, `100%_of ${mark}%`]) {
      expect(await idsOf(shape(), { search }), search).toEqual([])
    }
  })

  it('pages through long names of every alphabet', async () => {
    const mark = freshId('ÄÖ').replace('.', '-')
    const name = `${mark} ${'名😀"'.repeat(40)}`.slice(0, 200)
    const apps = [await createApp(shape(), { name }), await createApp(shape(), { name })]
    const ids = apps.map(({ appId }) => appId).sort()
    expect(await idsOf(shape(), { search: mark }, 1)).toEqual(ids)
  })
}

const filters = (shape: () => Shape): void => {
  it('lists by label, template and kind, and by all of them together', async () => {
    const team = freshId('team')
    const template = await makeTemplate(shape())
    const labelled = { labels: { team, 'x:y': 'a:b', tier: 'gold' } }
    const tied = await createApp(shape(), { extends: template, ...labelled })
    const free = await createApp(shape(), labelled)
    const brand = await createApp(shape(), { kind: 'template', extends: template, labels: { team } })
    const all = [tied, free, brand].map(({ appId }) => appId).sort()
    expect(await idsOf(shape(), { label: `team:${team}` })).toEqual(all)
    expect(await idsOf(shape(), { label: `team:${team}` }, 1)).toEqual(all)
    expect(await idsOf(shape(), { label: `team:${team}x` })).toEqual([])
    expect(await idsOf(shape(), { extends: template }, 1)).toEqual([tied.appId, brand.appId].sort())
    expect(await idsOf(shape(), { extends: template, kind: 'app' })).toEqual([tied.appId])
    expect(await idsOf(shape(), { label: `team:${team}`, kind: 'template' })).toEqual([brand.appId])
    expect(await idsOf(shape(), { label: `team:${team}`, search: free.appId })).toEqual([free.appId])
    await manage(shape(), 'DELETE', `/apps/${tied.appId}`)
    expect(await idsOf(shape(), { extends: template, archived: 'true' })).toEqual([tied.appId])
    expect(await idsOf(shape(), { label: `team:${team}`, archived: 'false' })).toEqual(
      all.filter((appId) => appId !== tied.appId),
    )
  })

  it('lists and finds only the apps that the token is for', async () => {
    const team = freshId('team')
    const ours = await createApp(shape(), { labels: { team } })
    await createApp(shape())
    for (const scope of [{ labels: { team } }, { appIds: [ours.appId] }]) {
      const holder = as(shape(), await createKey(shape(), { role: 'viewer', ...scope }))
      expect(await idsOf(holder, {})).toEqual([ours.appId])
      expect(await idsOf(holder, { search: 'app.' })).toEqual([ours.appId])
      expect(await idsOf(holder, { archived: 'true' })).toEqual([])
    }
  })

  it('answers 400 for a filter that is none, and for a cursor of another list', async () => {
    for (const [query, parameter] of [
      ['search=', 'search'],
      ['search=%00', 'search'],
      ['label=team', 'label'],
      ['label=:x', 'label'],
      ['label=a:%00', 'label'],
      ['extends=No!', 'extends'],
      ['kind=thing', 'kind'],
      ['archived=perhaps', 'archived'],
    ]) {
      const refused = expectProblem(await manage(shape(), 'GET', `/apps?${query}`), 'invalid_parameter')
      expect(places(refused)).toEqual([`invalid_parameter ${parameter}`])
    }
    const ofList = Buffer.from('"shop"').toString('base64url')
    expectProblem(await manage(shape(), 'GET', `/apps?search=a&cursor=${ofList}`), 'invalid_cursor')
  })
}

/** Finding apps in a large fleet. */
export const search = (shape: () => Shape): void => {
  describe('search', () => {
    searches(shape)
    filters(shape)
  })
}
