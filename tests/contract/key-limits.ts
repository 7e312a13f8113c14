import { expect, it } from 'vitest'
import { listKeys, statusWith } from './key-calls.ts'
import { as, createApp, createKey, freshId, manage } from './operator.ts'
import { expectProblem } from './problem.ts'
import type { Shape } from './shapes.ts'

/** What a token that is limited to some apps may do with keys. */
export const keyLimits = (shape: () => Shape): void => {
  it('lets a token that is limited by appIds make keys for these apps at most', async () => {
    const [one, two] = [(await createApp(shape())).appId, (await createApp(shape())).appId]
    const limited = as(shape(), await createKey(shape(), { role: 'admin', appIds: [one, 'later'] }))
    const make = (input: object) =>
      manage(limited, 'POST', '/keys', { body: { name: freshId('key'), role: 'admin', ...input } })
    for (const wider of [{}, { appIds: [one, two] }, { labels: { team: 'x' } }]) {
      expectProblem(await make(wider), 'forbidden')
    }
    expectProblem(await make({ role: 'client', channel: 'stable', appIds: [two] }), 'forbidden')
    expect((await make({ appIds: [one] })).status).toBe(201)
    expect((await make({ appIds: ['later'], labels: { team: 'x' } })).status).toBe(201)
    expect((await make({ role: 'client', channel: 'stable', appIds: [one] })).status).toBe(201)
  })

  it('lets a token that is limited by labels make keys with these labels at least', async () => {
    const team = freshId()
    const own = await createApp(shape(), { labels: { team } })
    const other = await createApp(shape(), { labels: { team: 'other' } })
    const limited = as(shape(), await createKey(shape(), { role: 'admin', labels: { team } }))
    const make = (input: object) =>
      manage(limited, 'POST', '/keys', { body: { name: freshId('key'), role: 'viewer', ...input } })
    for (const wider of [
      {},
      { appIds: [own.appId] },
      { labels: { team: 'other' } },
      { labels: { x: 'y' } },
    ]) {
      expectProblem(await make(wider), 'forbidden')
    }
    expectProblem(await make({ role: 'client', channel: 'stable', appIds: [other.appId] }), 'forbidden')
    expect((await make({ labels: { team, tier: '1' } })).status).toBe(201)
    expect((await make({ role: 'client', channel: 'stable', appIds: [own.appId] })).status).toBe(201)
    const names = (await listKeys(limited)).map(({ role }) => role).sort()
    expect(names).toEqual(['admin', 'client', 'viewer'])
  })

  it('shows a limited token no key that reaches further, and lets it end none', async () => {
    const { appId } = await createApp(shape())
    const wide = await createKey(shape(), { role: 'viewer' })
    const narrow = await createKey(shape(), { role: 'viewer', appIds: [appId] })
    const keeper = await createKey(shape(), { role: 'admin', appIds: [appId] })
    const limited = as(shape(), keeper)
    const seen = (await listKeys(limited)).map(({ keyId }) => keyId)
    expect(seen).toEqual([narrow.keyId, keeper.keyId].sort())
    expectProblem(await manage(limited, 'DELETE', `/keys/${wide.keyId}`), 'forbidden')
    expectProblem(await manage(limited, 'POST', `/keys/${wide.keyId}/rotate`, { body: {} }), 'forbidden')
    expect(await statusWith(shape(), wide.key)).toBe(200)
    expect((await manage(limited, 'DELETE', `/keys/${narrow.keyId}`)).status).toBe(200)
  })
}
