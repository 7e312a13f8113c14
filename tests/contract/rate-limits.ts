import { describe, expect, it } from 'vitest'
import type { Limit } from '../../contract/limit.ts'
import { ask } from './ask.ts'
import { as, createKey, freshId, manage, newestAudit, type Page } from './operator.ts'
import { expectProblem, places } from './problem.ts'
import type { Shape } from './shapes.ts'

/** A name that no other test uses. */
const freshName = (): string => freshId('l').replace('.', '-')

/** No request is of this route class: what is made here must limit no other test. */
const nowhere = { per: 'ip', routeClass: 'nowhere', quota: 100, windowSeconds: 60 } as const

const make = async (shape: Shape, input: object): Promise<Limit> => {
  const answer = await manage(shape, 'POST', '/limits', { body: input })
  expect(answer.status, answer.text).toBe(201)
  return answer.json<Limit>()
}
const makePolicy = (shape: Shape, input: object = {}): Promise<Limit> =>
  make(shape, { ...nowhere, name: freshName(), ...input })

const works = (shape: () => Shape): void => {
  it('makes a limit: 201 with its address, its state, and every field', async () => {
    const name = freshName()
    const answer = await manage(shape(), 'POST', '/limits', { body: { ...nowhere, name } })
    expect(answer.status, answer.text).toBe(201)
    const made = answer.json<Limit>()
    expect(made).toEqual({
      ...{ name, policy: name, ...nowhere, appIds: null, keyIds: null, cost: 1, mode: 'shared' },
      ...{ isEnabled: true, note: null, revision: expect.any(Number) },
      createdAt: expect.stringMatching(/^\d{4}-/),
      updatedAt: expect.stringMatching(/^\d{4}-/),
    })
    expect(answer.headers).toMatchObject({
      location: `/manage/v1/limits/${name}`,
      etag: `"${made.revision}"`,
    })
    expect(await newestAudit(shape())).toMatchObject({
      ...{ action: 'limit.create', target: name, appId: null, before: null, after: made },
    })
    const read = await manage(shape(), 'GET', `/limits/${name}`)
    expect([read.json(), read.headers.etag]).toEqual([made, answer.headers.etag])
  })

  it('makes an exception that goes with its policy in all but what it is made for', async () => {
    const { name } = await makePolicy(shape(), { cost: { POST: 5, HEAD: 0 }, mode: 'exact' })
    const { keyId } = await createKey(shape(), { role: 'viewer' })
    const body = { name: `${name}.partner`, keyIds: [keyId, keyId], quota: 900, windowSeconds: 1 }
    const made = await make(shape(), body)
    const own = { policy: name, keyIds: [keyId], appIds: null, per: 'ip', routeClass: 'nowhere' }
    expect(made).toMatchObject({ ...body, ...own, cost: { POST: 5, HEAD: 0 }, mode: 'exact' })
    await manage(shape(), 'PATCH', `/limits/${name}`, { body: { per: 'key', cost: 2 } })
    const now = (await manage(shape(), 'GET', `/limits/${made.name}`)).json<Limit>()
    expect(now).toEqual({ ...made, per: 'key', cost: 2 })
  })

  it('lists each policy with its exceptions behind it, page after page', async () => {
    const { name } = await makePolicy(shape())
    await makePolicy(shape(), { name: `${name}-b` })
    await make(shape(), { name: `${name}.a`, appIds: ['a'], quota: 1, windowSeconds: 1 })
    const names: string[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const answer = await manage(shape(), 'GET', `/limits?limit=2${cursor && `&cursor=${cursor}`}`)
      const page = answer.json<Page<Limit>>()
      names.push(...page.items.map((limit) => limit.name))
      cursor = page.nextCursor
    }
    expect(names.filter((each) => each.startsWith(name))).toEqual([name, `${name}.a`, `${name}-b`])
    expect(names).toEqual(expect.arrayContaining(['burst', 'management']))
  })

  it('changes what is named, based on the state that If-Match names, and nothing else', async () => {
    const made = await makePolicy(shape(), { note: 'first' })
    const path = `/limits/${made.name}`
    const headers = { 'if-match': `"${made.revision}"` }
    const body = { quota: 7, appIds: ['shop'], note: null }
    const answer = await manage(shape(), 'PATCH', path, { body, headers })
    expect(answer.status, answer.text).toBe(200)
    const changed = answer.json<Limit>()
    const { revision, updatedAt } = changed
    expect(changed).toEqual({ ...made, ...body, revision, updatedAt })
    expect(answer.headers.etag).toBe(`"${revision}"`)
    expect(revision).toBeGreaterThan(made.revision)
    expect(await newestAudit(shape())).toMatchObject({
      ...{ action: 'limit.change', before: made, after: changed },
    })
    for (const [method, question] of [
      ['PATCH', { body, headers }],
      ['DELETE', { headers }],
    ] as const) {
      const stale = await manage(shape(), method, path, question)
      expectProblem(stale, 'revision_mismatch')
      expect(stale.headers.etag).toBe(`"${revision}"`)
    }
  })

  it('removes an exception, and a policy that has none', async () => {
    const { name } = await makePolicy(shape())
    await make(shape(), { name: `${name}.a`, appIds: ['a'], quota: 1, windowSeconds: 1 })
    const refused = await manage(shape(), 'DELETE', `/limits/${name}`)
    expect(expectProblem(refused, 'limit_in_use').detail).toContain(`${name}.a`)
    for (const each of [`${name}.a`, name]) {
      const removed = await manage(shape(), 'DELETE', `/limits/${each}`)
      expect([removed.status, removed.json<Limit>().name]).toEqual([200, each])
      expect(await newestAudit(shape())).toMatchObject({
        ...{ action: 'limit.remove', target: each, before: removed.json(), after: null },
      })
      expectProblem(await manage(shape(), 'GET', `/limits/${each}`), 'limit_not_found')
    }
  })

  it('answers the same again to the same Idempotency-Key', async () => {
    const question = {
      body: { ...nowhere, name: freshName() },
      headers: { 'idempotency-key': freshId() },
    }
    const first = await manage(shape(), 'POST', '/limits', question)
    const again = await manage(shape(), 'POST', '/limits', question)
    expect([again.status, again.text]).toEqual([201, first.text])
  })

  it('is asked of the config service by gateways alone: from the outside there is no such address', async () => {
    for (const [method, path] of [
      ['GET', 'limits'],
      ['POST', 'keys'],
    ] as const) {
      expectProblem(await ask(`${shape().url}/internal/v1/${path}`, { method }), 'route_not_found')
    }
  })
}

const bad: [what: string, input: object, place: string][] = [
  ['a name that begins with a digit', { name: '1st' }, 'invalid_field /name'],
  [
    'an exception to an exception',
    { name: 'a.b.c', per: undefined, routeClass: undefined },
    'invalid_field /name',
  ],
  ['a policy that does not tell what it counts', { per: undefined }, 'missing_field /per'],
  ['what cannot be counted', { per: 'device' }, 'invalid_field /per'],
  ['a route class that is none', { routeClass: '/v1' }, 'invalid_field /routeClass'],
  ['a quota of nothing', { quota: 0 }, 'invalid_field /quota'],
  ['more than a billion', { quota: 1_000_000_001 }, 'invalid_field /quota'],
  ['a window of 32 days', { windowSeconds: 32 * 86_400 }, 'invalid_field /windowSeconds'],
  ['half a second', { windowSeconds: 0.5 }, 'invalid_field /windowSeconds'],
  ['no app at all', { appIds: [] }, 'invalid_field /appIds'],
  ['a cost of no method', { cost: { FETCH: 1 } }, 'unknown_field /cost/FETCH'],
  ['a cost of nothing', { cost: 0 }, 'invalid_field /cost'],
  ['a cost that no window has', { cost: { POST: 101 } }, 'invalid_field /quota'],
  ['an unknown mode', { mode: 'strict' }, 'invalid_field /mode'],
  ['an unknown field', { burst: 1 }, 'unknown_field /burst'],
]

const refuses = (shape: () => Shape): void => {
  it.each(bad)('refuses %s', async (_, input, place) => {
    const body = { ...nowhere, name: freshName(), ...input }
    const [code] = place.split(' ')
    const problem = expectProblem(await manage(shape(), 'POST', '/limits', { body }), code as 'invalid_field')
    expect(places(problem)).toEqual([place])
  })

  it('refuses exceptions that are for nobody, for keys and apps at once, or otherwise than their policy', async () => {
    const { name } = await makePolicy(shape(), { cost: 5 })
    const body = { name: `${name}.x`, appIds: ['a'], quota: 10, windowSeconds: 1 }
    const post = async (input: object) =>
      places(
        expectProblem(
          await manage(shape(), 'POST', '/limits', { body: { ...body, ...input } }),
          'invalid_field',
        ),
      )
    expect(await post({ appIds: null })).toEqual(['invalid_field /keyIds'])
    expect(await post({ keyIds: ['a'] })).toEqual(['invalid_field /appIds'])
    expect(await post({ per: 'ip', mode: 'exact' })).toEqual(['invalid_field /per', 'invalid_field /mode'])
    expect(await post({ quota: 4 })).toEqual(['invalid_field /quota'])
    await make(shape(), body)
    const patch = async (path: string, input: object) =>
      places(expectProblem(await manage(shape(), 'PATCH', path, { body: input }), 'invalid_field'))
    expect(await patch(`/limits/${name}.x`, { routeClass: 'any' })).toEqual(['invalid_field /routeClass'])
    expect(await patch(`/limits/${name}.x`, { appIds: null })).toEqual(['invalid_field /keyIds'])
    expect(await patch(`/limits/${name}`, { cost: 11 })).toEqual(['invalid_field /cost'])
    expect(await patch(`/limits/${name}`, {})).toEqual(['invalid_field '])
  })

  it('refuses a second limit of a name, and a second exception for the same key or app', async () => {
    const policy = await makePolicy(shape())
    const body = { ...nowhere, name: policy.name }
    expectProblem(await manage(shape(), 'POST', '/limits', { body }), 'limit_exists')
    const { keyId } = await createKey(shape(), { role: 'viewer' })
    const base = { quota: 1, windowSeconds: 1 }
    await make(shape(), { ...base, name: `${policy.name}.a`, appIds: ['a', 'b'] })
    await make(shape(), { ...base, name: `${policy.name}.k`, keyIds: [keyId] })
    const again = { ...base, name: `${policy.name}.again` }
    for (const same of [{ appIds: ['c', 'b'] }, { keyIds: [keyId] }]) {
      const refused = await manage(shape(), 'POST', '/limits', { body: { ...again, ...same } })
      expectProblem(refused, 'limit_overlaps')
    }
    await make(shape(), { ...again, appIds: ['c'] })
    const changed = await manage(shape(), 'PATCH', `/limits/${again.name}`, { body: { appIds: ['a'] } })
    expectProblem(changed, 'limit_overlaps')
  })

  it('answers 404 for limits and keys that there are not', async () => {
    const { name } = await makePolicy(shape())
    const base = { quota: 1, windowSeconds: 1 }
    const orphan = { ...base, name: `${freshName()}.x`, appIds: ['a'] }
    expectProblem(await manage(shape(), 'POST', '/limits', { body: orphan }), 'limit_not_found')
    const misspelt = { ...base, name: `${name}.x`, keyIds: ['nosuchkey'] }
    expectProblem(await manage(shape(), 'POST', '/limits', { body: misspelt }), 'key_not_found')
    const path = `/limits/${freshName()}`
    expectProblem(await manage(shape(), 'PATCH', path, { body: { quota: 1 } }), 'limit_not_found')
    expectProblem(await manage(shape(), 'DELETE', path), 'limit_not_found')
    expectProblem(await manage(shape(), 'GET', '/limits/Burst'), 'invalid_parameter')
  })

  it('shows and gives limits to tokens for the whole fleet alone', async () => {
    const { name } = await makePolicy(shape())
    const limited = as(shape(), await createKey(shape(), { role: 'admin', appIds: ['shop'] }))
    const body = { ...nowhere, name: freshName() }
    for (const [method, path, question] of [
      ['GET', '/limits', {}],
      ['GET', `/limits/${name}`, {}],
      ['POST', '/limits', { body }],
      ['PATCH', `/limits/${name}`, { body: { quota: 1 } }],
      ['DELETE', `/limits/${name}`, {}],
    ] as const) {
      expectProblem(await manage(limited, method, path, question), 'forbidden')
    }
  })
}

/** Rate limits and exceptions to them, as operators manage them. */
export const rateLimits = (shape: () => Shape): void => {
  describe('rate limits', () => {
    works(shape)
    refuses(shape)
  })
}
