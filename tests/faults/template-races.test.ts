import { beforeAll, describe, expect, it } from 'vitest'
import type { Program } from '../program.ts'
import {
  type Answer,
  campaign,
  eventually,
  manage,
  ownPostgres,
  read,
  startNode,
  tryPublish,
} from './fleet.ts'

const factor = campaign ? 10 : 1

interface Release {
  revision: number
  configVersion: string
  baseVersion: string | null
  kind: string
}

describe('templates and what extends them, changed at once on two nodes', () => {
  let nodes: [Program, Program]
  let asked = 0

  beforeAll(async () => {
    // Each waits for others here: for how long on a busy machine is no matter of these tests.
    const env = { DATABASE_URL: (await ownPostgres()).url, PARASOL_DATABASE_TIMEOUT_MS: '20000' }
    nodes = (await Promise.all([startNode(env), startNode(env)])) as [Program, Program]
  })

  /** Now on one node, now on the other. */
  const node = (): Program => nodes[asked++ % 2] ?? nodes[0]
  const create = async (appId: string, more: object = {}): Promise<void> => {
    const answer = await manage(node(), 'POST', '/apps', { body: { appId, name: appId, ...more } })
    expect(answer.status, JSON.stringify(answer.body)).toBe(201)
  }
  const change = (appId: string, body: object): Promise<Answer> =>
    manage(node(), 'PATCH', `/apps/${appId}`, { body })

  /** The history of an app's stable channel, oldest first. */
  const historyOf = async (appId: string): Promise<Release[]> => {
    const releases: Release[] = []
    for (let cursor = ''; ; ) {
      const { body } = await manage(node(), 'GET', `/apps/${appId}/releases?limit=200${cursor}`)
      releases.push(...(body.items as Release[]))
      if (body.nextCursor === null) return releases.reverse()
      cursor = `&cursor=${body.nextCursor}`
    }
  }

  /** Does something so many times, one after the other; every answer must be one of these. */
  const repeat = async (times: number, expected: number[], act: (n: number) => Promise<Answer>) => {
    for (let n = 0; n < times; n++) {
      const { status, body } = await act(n)
      expect(expected, JSON.stringify(body)).toContain(status)
    }
  }

  /** Each release stands on what the template had live by then, and one that the template made keeps the version before it. */
  const expectNewest = async (appId: string, template: readonly Release[]): Promise<void> => {
    let own: string | undefined
    for (const { revision, kind, configVersion, baseVersion } of await historyOf(appId)) {
      const base = template.findLast((release) => release.revision < revision)
      expect(baseVersion, `${appId} ${revision}`).toBe(base?.configVersion)
      if (kind === 'template') expect(configVersion).toBe(own)
      own = configVersion
    }
  }

  it('each release stands on the newest of its template, and keeps the newest version of its app', async () => {
    await create('root', { kind: 'template' })
    await create('brand', { kind: 'template', extends: 'root' })
    await create('shop', { extends: 'brand' })
    for (const appId of ['root', 'brand', 'shop']) await tryPublish(node(), appId, { [appId]: -1 })
    await Promise.all([
      ...[0, 1].map((half) =>
        repeat(25 * factor, [201], (n) => tryPublish(node(), 'shop', { shop: 2 * n + half })),
      ),
      repeat(10 * factor, [201], (n) => tryPublish(node(), 'brand', { brand: n })),
      repeat(10 * factor, [201], (n) => tryPublish(node(), 'root', { root: n })),
    ])
    for (const [appId, template] of [
      ['brand', 'root'],
      ['shop', 'brand'],
    ] as const) {
      const above = await historyOf(template)
      await expectNewest(appId, above)
      const reached = (await historyOf(appId)).filter(({ kind }) => kind === 'template')
      expect(reached).toHaveLength(above.length - 1)
    }
    const live = (await historyOf('shop')).at(-1)
    for (const one of nodes) {
      await eventually(async () => {
        const { revision, config } = await read(one, 'shop')
        expect(revision).toBe(live?.revision)
        expect(config.data).toMatchObject({ root: 10 * factor - 1, brand: 10 * factor - 1 })
      })
    }
  })

  it('a template is released while what extends it is changed, made and archived: nobody waits in vain', async () => {
    await create('t', { kind: 'template' })
    await tryPublish(node(), 't', { n: -1 })
    const apps = Array.from({ length: 6 }, (_, i) => `t.app-${i}`)
    for (const appId of apps) {
      await create(appId, { extends: 't' })
      await tryPublish(node(), appId, { own: appId })
    }
    const [tied = '', archived = '', ...named] = apps
    const times = 10 * factor
    await Promise.all([
      repeat(times, [201], (n) => tryPublish(node(), 't', { n })),
      ...named.map((appId) => repeat(2 * times, [200], (n) => change(appId, { name: `name ${n}` }))),
      repeat(times, [200], (n) => change(tied, { extends: n % 2 === 0 ? null : 't' })),
      repeat(times, [200], (n) =>
        n % 2 === 0 ? manage(node(), 'DELETE', `/apps/${archived}`) : change(archived, { archived: false }),
      ),
      repeat(times, [201], (n) =>
        create(`t.new-${n}`, { extends: 't' }).then(() => tryPublish(node(), `t.new-${n}`, {})),
      ),
    ])
    const template = await historyOf('t')
    const made = Array.from({ length: times }, (_, n) => `t.new-${n}`)
    for (const appId of [...made, ...named, archived]) {
      await expectNewest(appId, template)
      expect((await historyOf(appId)).at(-1)?.baseVersion, appId).toBe(template.at(-1)?.configVersion)
    }
  })

  it('a clone that is made while a template far above is released stands on what that brings', async () => {
    await create('k.root', { kind: 'template' })
    await create('k', { kind: 'template', extends: 'k.root' })
    await create('k.source', { extends: 'k' })
    for (const appId of ['k.root', 'k', 'k.source']) await tryPublish(node(), appId, { n: -1 })
    for (let round = 0; round < 6 * factor; round++) {
      const ids = [0, 1, 2, 3, 4].map((n) => `k.clone-${round}-${n}`)
      const body = { bump: 'auto', data: { n: round } }
      const saved = await manage(node(), 'POST', '/apps/k.root/configs', { body })
      const { configVersion } = saved.body
      await Promise.all([
        ...ids.map((appId) =>
          repeat(1, [201], () => manage(node(), 'POST', '/apps/k.source/clone', { body: { appId } })),
        ),
        repeat(1, [201], () => manage(node(), 'POST', '/apps/k.root/releases', { body: { configVersion } })),
      ])
      for (const appId of ids) {
        const { body } = await manage(node(), 'GET', `/apps/${appId}/effective`)
        expect(body.layers).toMatchObject([{ appId: 'k.root', configVersion }, {}, {}])
      }
    }
  })

  /** Templates, each extending the one after it; answers the lowest and the highest. */
  const chainOf = async (name: string, layers: number): Promise<{ low: string; top: string }> => {
    for (let n = layers - 1; n >= 0; n--) {
      await create(`${name}.${n}`, {
        kind: 'template',
        ...(n < layers - 1 && { extends: `${name}.${n + 1}` }),
      })
    }
    return { low: `${name}.0`, top: `${name}.${layers - 1}` }
  }

  it.each([
    ['a circle', 1, 'b', 'a'],
    ['a circle of longer chains', 3, 'b', 'a'],
    ['nine layers', 3, 'b', 'c'],
  ])('of two ties that would make %s together one is refused', async (what, layers, first, second) => {
    const rounds = Array.from({ length: 10 * factor }, (_, round) => `${what.replaceAll(' ', '-')}-${round}`)
    const answers = await Promise.all(
      rounds.map(async (round) => {
        const [a, b, c] = [
          await chainOf(`${round}.a`, layers),
          await chainOf(`${round}.b`, layers),
          await chainOf(`${round}.c`, layers),
        ]
        const lowest = (name: string) => ({ a, b, c })[name]?.low
        return Promise.all([
          change(a.top, { extends: lowest(first) }),
          change(b.top, { extends: lowest(second) }),
        ])
      }),
    )
    for (const pair of answers) {
      expect(pair.map(({ status }) => status).sort(), JSON.stringify(pair)).toEqual([200, 409])
    }
  })

  it('no live app extends a template that was archived meanwhile', async () => {
    for (let round = 0; round < 5 * factor; round++) {
      const template = `a.template-${round}`
      await create(template, { kind: 'template' })
      const [archived, ...tied] = await Promise.all([
        manage(node(), 'DELETE', `/apps/${template}`),
        ...[0, 1].map((n) =>
          manage(node(), 'POST', '/apps', {
            body: { appId: `a.app-${round}-${n}`, name: 'x', extends: template },
          }),
        ),
      ])
      const made = tied.filter(({ status }) => status === 201)
      for (const answer of tied) expect([201, 409]).toContain(answer.status)
      expect(archived?.status).toBe(made.length > 0 ? 409 : 200)
    }
  })
})
