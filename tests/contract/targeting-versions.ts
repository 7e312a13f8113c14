import { describe, expect, it } from 'vitest'
import { change, makeApp, makeTemplate } from './chain.ts'
import { createApp, manage, type Page, readAudit, release } from './operator.ts'
import { expectProblem, places } from './problem.ts'
import type { Shape } from './shapes.ts'
import { askSave, flag, goLiveWith, onIos, override, type Saved, saveAuto } from './targeting-calls.ts'

const attributes = { plan: { type: 'string' }, build: { type: 'version' } }
const isPaid = { '==': [{ var: 'plan' }, 'paid'] }
const codesOf = ({ warnings = [] }: Saved) => warnings.map(({ code, pointer }) => `${code} ${pointer}`)

const saves = (shape: () => Shape): void => {
  it('keeps overrides in their order and flags, and gives them back as they were given', async () => {
    const { appId } = await createApp(shape(), { attributes })
    const rules = {
      overrides: [
        override('z', { theme: { dark: null } }, { rollout: 12.25 }),
        {
          name: 'a',
          when: { and: [onIos, { sem_ver: [{ var: 'build' }, '>=', '2.0.0'] }, isPaid] },
          data: {},
        },
        { name: 'everybody', data: { list: [null] } },
        { name: 'nobody', rollout: 0, data: {} },
      ],
      flags: {
        search: {
          ...flag(),
          targeting: { if: [isPaid, 'on', 'off'] },
          metadata: { owner: 'x', n: 1, b: true },
        },
        'a key/with ~': { state: 'DISABLED', variants: { only: { deep: [1] } }, defaultVariant: null },
      },
    }
    const data = { theme: { dark: true } }
    const saved = await askSave(shape(), appId, { configVersion: '1.0.0', data, ...rules })
    expect(saved.status, saved.text).toBe(201)
    expect(saved.json()).not.toHaveProperty('warnings')
    const version = await manage(shape(), 'GET', `/apps/${appId}/configs/1.0.0`)
    expect(version.text).toBe(saved.text)
    const fields = ['appId', 'configVersion', 'data', 'overrides', 'flags', 'note', 'checksum', 'createdBy']
    expect(Object.keys(version.json())).toEqual([...fields, 'createdAt'])
    expect(version.json()).toMatchObject(rules)
    const listed = (await manage(shape(), 'GET', `/apps/${appId}/configs`)).json<Page<object>>()
    for (const field of ['data', 'overrides', 'flags']) expect(listed.items[0]).not.toHaveProperty(field)
    const [audited] = await readAudit(shape(), appId)
    expect(audited?.after).toMatchObject(rules)
  })

  it('takes none for absent', async () => {
    const { appId } = await createApp(shape())
    const bare = await saveAuto(shape(), appId, { data: { a: 1 } })
    const empty = await saveAuto(shape(), appId, { data: { a: 1 }, overrides: [], flags: {} })
    expect(empty).not.toHaveProperty('overrides')
    expect(empty).not.toHaveProperty('flags')
    expect([bare.configVersion, empty.configVersion]).toEqual(['1.0.0', '1.0.1'])
  })

  it('takes rules over what the app or a template above it declares', async () => {
    const root = (await createApp(shape(), { kind: 'template', attributes })).appId
    const brand = await makeTemplate(shape(), root)
    const app = (await createApp(shape(), { extends: brand, attributes: { seats: { type: 'number' } } }))
      .appId
    const seats = { '>': [{ var: ['seats', 0] }, 5] }
    const body = { overrides: [{ name: 'a', when: { and: [isPaid, seats] }, data: {} }] }
    await saveAuto(shape(), app, body)
    const refused = await askSave(shape(), brand, { bump: 'auto', data: {}, ...body })
    expectProblem(refused, 'invalid_rule')
  })

  it('keeps a version as it was, whatever the app declares later', async () => {
    const { appId } = await createApp(shape(), { attributes })
    const body = { overrides: [{ name: 'a', when: isPaid, data: { on: 1 } }] }
    const { configVersion } = await saveAuto(shape(), appId, body)
    await change(shape(), appId, { attributes: {} })
    expectProblem(await askSave(shape(), appId, { bump: 'auto', data: {}, ...body }), 'invalid_rule')
    await release(shape(), appId, configVersion)
    const shown = await manage(shape(), 'GET', `/apps/${appId}/effective`)
    expect(shown.json()).toMatchObject(body)
    expect(shown.json()).not.toHaveProperty('attributes')
  })
}

const warns = (shape: () => Shape): void => {
  it('says where an override takes the place of a template’s', async () => {
    const template = await makeTemplate(shape())
    await goLiveWith(shape(), template, { overrides: [override('a', {}), override('b', {})] })
    const app = await makeApp(shape(), template)
    const saved = await saveAuto(shape(), app, { overrides: [override('c', {}), override('b', {})] })
    expect(codesOf(saved)).toEqual(['replaces_override /overrides/1/name'])
    expect(saved.warnings?.[0]?.detail).toContain(`the override b of ${template}`)
    const read = await manage(shape(), 'GET', `/apps/${app}/configs/${saved.configVersion}`)
    expect(read.json()).not.toHaveProperty('warnings')
  })

  it('says where a flag hides a key of the data, whichever comes from the template', async () => {
    const template = await makeTemplate(shape())
    await goLiveWith(shape(), template, { data: { below: 1 }, flags: { above: flag(), other: flag() } })
    const app = await makeApp(shape(), template)
    const both = await saveAuto(shape(), app, {
      data: { above: 1, own: 1 },
      flags: { below: flag(), own: flag() },
    })
    expect(codesOf(both).sort()).toEqual([
      'hides_key /data/above',
      'hides_key /flags/below',
      'hides_key /flags/own',
    ])
    expect(codesOf(await saveAuto(shape(), app, { data: { above: 1 }, flags: { above: null } }))).toEqual([])
    // What the template says by itself is not the app's to change.
    await goLiveWith(shape(), template, { data: { below: 1, other: 1 }, flags: { other: flag() } })
    expect(codesOf(await saveAuto(shape(), app, { data: {} }))).toEqual([])
  })

  it('says of a flag what it refuses of an override: a comparison that holds where nothing is told', async () => {
    const { appId } = await createApp(shape())
    const early = { '<': [{ var: 'bucket' }, 500] }
    const overrides = [{ name: 'a', when: early, data: {} }]
    const refused = expectProblem(
      await askSave(shape(), appId, { bump: 'auto', data: {}, overrides }),
      'invalid_rule',
    )
    expect(places(refused)).toEqual([expect.stringMatching(/^invalid_rule \/overrides\/0\/when/)])
    const flags = { x: { ...flag(), targeting: { if: [early, 'on', 'off'] } } }
    const saved = await saveAuto(shape(), appId, { flags })
    expect(codesOf(saved)).toEqual([expect.stringMatching(/^invalid_rule \/flags\/x\/targeting/)])
  })

  it('says where the rules of a template know an attribute by another type', async () => {
    const template = (await createApp(shape(), { kind: 'template', attributes })).appId
    await goLiveWith(shape(), template, { overrides: [{ name: 'a', when: isPaid, data: {} }] })
    const own = { plan: { type: 'number' } }
    const app = (await createApp(shape(), { extends: template, attributes: own })).appId
    const high = { '>': [{ var: ['plan', 0] }, 1] }
    const saved = await saveAuto(shape(), app, { overrides: [{ name: 'b', when: high, data: {} }] })
    expect(codesOf(saved)).toEqual(['attribute_type '])
    expect(saved.warnings?.[0]?.detail).toContain(`plan is a number here and a string in ${template}`)
  })
}

/** Versions with overrides and flags: what is taken, and what is said about it. */
export const targetingVersions = (shape: () => Shape): void => {
  describe('versions with overrides and flags', () => {
    saves(shape)
    warns(shape)
  })
}
