import { describe, expect, it } from 'vitest'
import type { Freeze } from '../../contract/review.ts'
import { ahead } from '../ahead.ts'
import type { Answer } from './ask.ts'
import { as, createApp, createKey, freshId, manage, type Page, publishApp, readAudit } from './operator.ts'
import { expectProblem, places } from './problem.ts'
import type { Shape } from './shapes.ts'

const tomorrow = (): string => new Date(Date.now() + 86_400_000).toISOString()

const freeze = async (shape: Shape, appId: string | null, reason = 'Black Friday'): Promise<Freeze> => {
  const answer = await manage(shape, 'POST', '/freezes', { body: { appId, until: tomorrow(), reason } })
  expect(answer.status, answer.text).toBe(201)
  return answer.json<Freeze>()
}
const lift = (shape: Shape, { freezeId }: Freeze) => manage(shape, 'DELETE', `/freezes/${freezeId}`)
const releaseAgain = (shape: Shape, appId: string, more: object = {}): Promise<Answer> =>
  manage(shape, 'POST', `/apps/${appId}/releases`, { body: { configVersion: '1.0.0', ...more } })
const release = async (shape: Shape, appId: string): Promise<number> =>
  (await releaseAgain(shape, appId)).status

/** A template with a release, and an app that extends it, with one too. */
const family = async (shape: Shape): Promise<{ base: string; child: string }> => {
  const { appId: base } = await createApp(shape, { kind: 'template' })
  const { appId: child } = await createApp(shape, { extends: base } as object)
  for (const appId of [base, child]) {
    await manage(shape, 'POST', `/apps/${appId}/configs`, { body: { configVersion: '1.0.0', data: {} } })
    expect(await release(shape, appId)).toBe(201)
  }
  return { base, child }
}

const refuses = (shape: () => Shape): void => {
  it('holds back releases of an app until it is lifted, and of no other app', async () => {
    const [{ appId }, { appId: other }] = [await publishApp(shape()), await publishApp(shape())]
    const frozen = await freeze(shape(), appId)
    expect(frozen).toEqual({
      freezeId: expect.any(Number),
      appId,
      until: expect.stringMatching(/^\d{4}-/),
      reason: 'Black Friday',
      state: 'active',
      actor: 'admin',
      createdAt: expect.any(String),
      endedAt: null,
      endedBy: null,
    })
    const { detail } = expectProblem(await releaseAgain(shape(), appId), 'frozen')
    expect(detail).toContain(`${appId} is frozen until ${frozen.until} (Black Friday)`)
    expect(await release(shape(), other)).toBe(201)
    const rollback = await manage(shape(), 'POST', `/apps/${appId}/releases`, {
      body: { rollbackTo: (await liveOf(shape(), appId)).revision },
    })
    expectProblem(rollback, 'frozen')

    const lifted = (await lift(shape(), frozen)).json<Freeze>()
    expect(lifted).toEqual({ ...frozen, state: 'lifted', endedAt: expect.any(String), endedBy: 'admin' })
    expect(await release(shape(), appId)).toBe(201)
    expectProblem(await lift(shape(), frozen), 'already_decided')
    const rows = (await readAudit(shape(), appId)).filter(({ action }) => action.startsWith('freeze.'))
    expect(rows.map(({ action, before, after, reason }) => ({ action, before, after, reason }))).toEqual([
      { action: 'freeze.lift', before: frozen, after: lifted, reason: null },
      { action: 'freeze.create', before: null, after: frozen, reason: 'Black Friday' },
    ])
  })

  it('still lets versions be saved, and clients read', async () => {
    const { appId } = await publishApp(shape())
    const frozen = await freeze(shape(), appId)
    const saved = await manage(shape(), 'POST', `/apps/${appId}/configs`, {
      body: { bump: 'auto', data: { on: false } },
    })
    expect(saved.status).toBe(201)
    await lift(shape(), frozen)
  })

  it('holds back what extends a frozen template, and a template while what extends it is frozen', async () => {
    const { base, child } = await family(shape())
    const above = await freeze(shape(), base, 'the base rests')
    expect(expectProblem(await releaseAgain(shape(), child), 'frozen').detail).toContain(
      `${base}, which ${child} extends, is frozen`,
    )
    await lift(shape(), above)
    expect(await release(shape(), child)).toBe(201)
    const below = await freeze(shape(), child, 'the child rests')
    expect(expectProblem(await releaseAgain(shape(), base), 'frozen').detail).toContain(
      `${child}, which extends ${base}, is frozen`,
    )
    await lift(shape(), below)
    expect(await release(shape(), base)).toBe(201)
  })

  it('tells of the freeze that lasts longest', async () => {
    const { appId } = await publishApp(shape())
    const until = new Date(Date.now() + 9 * 86_400_000).toISOString()
    await freeze(shape(), appId, 'short')
    await manage(shape(), 'POST', '/freezes', { body: { appId, until, reason: 'long' } })
    await freeze(shape(), appId, 'short too')
    expect(expectProblem(await releaseAgain(shape(), appId), 'frozen').detail).toContain(`${until} (long)`)
  })

  it('ends by itself when its time has come', async () => {
    const { appId, made } = await ahead(1_500, async (soon) => {
      const { appId } = await publishApp(shape())
      const body = { appId, until: soon(), reason: 'a moment' }
      const made = (await manage(shape(), 'POST', '/freezes', { body })).json<Freeze>()
      expectProblem(await releaseAgain(shape(), appId), 'frozen')
      return { appId, made }
    })
    await expect.poll(() => release(shape(), appId)).toBe(201)
    const listed = (await manage(shape(), 'GET', `/freezes?appId=${appId}`)).json<Page<Freeze>>()
    expect(listed.items).toEqual([{ ...made, state: 'over' }])
    expectProblem(await lift(shape(), made), 'already_decided')
  })
}

const liveOf = async (shape: Shape, appId: string): Promise<{ revision: number }> =>
  (await manage(shape, 'GET', `/apps/${appId}/releases?limit=1`)).json<Page<{ revision: number }>>()
    .items[0] ?? { revision: 0 }

const overrides = (shape: () => Shape): void => {
  it('lets an administrator release all the same, with a reason, and notes what was overridden', async () => {
    const { appId } = await publishApp(shape())
    const frozen = await freeze(shape(), appId)
    const noReason = await releaseAgain(shape(), appId, { override: true })
    expect(places(expectProblem(noReason, 'invalid_field'))).toEqual(['invalid_field /reason'])
    const publisher = as(shape(), await createKey(shape(), { role: 'publisher' }))
    const override = { override: true, reason: 'the shop is down' }
    expectProblem(await releaseAgain(publisher, appId, override), 'forbidden')
    expect((await releaseAgain(shape(), appId, override)).status).toBe(201)
    const [row] = await readAudit(shape(), appId)
    expect(row).toMatchObject({
      action: 'release.publish',
      reason: 'the shop is down',
      after: { overridden: [{ appId, code: 'frozen', setBy: appId }] },
    })
    await lift(shape(), frozen)
  })

  it('is lifted by whoever made it or by an administrator: else each publisher could override it', async () => {
    const { appId } = await publishApp(shape())
    const [ann, bob] = [
      await createKey(shape(), { role: 'publisher' }),
      await createKey(shape(), { role: 'publisher' }),
    ]
    const frozen = await freeze(as(shape(), ann), appId)
    expect(expectProblem(await lift(as(shape(), bob), frozen), 'forbidden').detail).toContain(ann.name)
    expectProblem(await releaseAgain(shape(), appId), 'frozen')
    expect((await lift(as(shape(), ann), frozen)).status).toBe(200)
    const again = await freeze(as(shape(), ann), appId)
    expect((await lift(shape(), again)).status).toBe(200)
  })

  it('lets an administrator of some apps override what is frozen among these alone', async () => {
    const { base, child } = await family(shape())
    const input = { role: 'admin', appIds: [child] }
    const limited = as(shape(), await createKey(shape(), input))
    const override = { override: true, reason: 'now' }
    const above = await freeze(shape(), base)
    expectProblem(await releaseAgain(limited, child, override), 'forbidden')
    await lift(shape(), above)
    const own = await freeze(limited, child)
    expect((await releaseAgain(limited, child, override)).status).toBe(201)
    expect((await lift(limited, own)).status).toBe(200)
  })
}

const lists = (shape: () => Shape): void => {
  it('lists freezes newest first, by app, those in force or the others', async () => {
    const { appId } = await createApp(shape())
    const made = [
      await freeze(shape(), appId, 'a'),
      await freeze(shape(), appId, 'b'),
      await freeze(shape(), appId, 'c'),
    ]
    await lift(shape(), made[1] as Freeze)
    const reasons = async (query: string) =>
      (await manage(shape(), 'GET', `/freezes?appId=${appId}${query}`))
        .json<Page<Freeze>>()
        .items.map(({ reason }) => reason)
    expect(await reasons('')).toEqual(['c', 'b', 'a'])
    expect(await reasons('&active=true')).toEqual(['c', 'a'])
    expect(await reasons('&active=false')).toEqual(['b'])
    const first = (await manage(shape(), 'GET', `/freezes?appId=${appId}&limit=2`)).json<Page<Freeze>>()
    expect(await reasons(`&limit=2&cursor=${first.nextCursor}`)).toEqual(['a'])
    expectProblem(await manage(shape(), 'GET', '/freezes?cursor=x'), 'invalid_cursor')
  })
}

const bad: [what: string, input: object, place: string][] = [
  ['a time that is past', { until: '2020-01-01T00:00:00Z' }, 'invalid_date /until'],
  ['a day without the time', { until: '2100-01-01' }, 'invalid_field /until'],
  ['a time that no store holds', { until: '9999-12-31T23:59:59-23:59' }, 'invalid_date /until'],
  ['a day there is not', { until: '2100-02-30T00:00:00Z' }, 'invalid_date /until'],
  ['no reason', { reason: undefined }, 'missing_field /reason'],
  ['an empty reason', { reason: '' }, 'invalid_field /reason'],
  ['an appId that is none', { appId: 'a b' }, 'invalid_field /appId'],
  ['an unknown field', { from: tomorrow() }, 'unknown_field /from'],
]

const refusals = (shape: () => Shape): void => {
  it.each(bad)('refuses %s', async (_, input, place) => {
    const body = { appId: 'shop', until: tomorrow(), reason: 'x', ...input }
    const [code] = place.split(' ')
    const problem = expectProblem(await manage(shape(), 'POST', '/freezes', { body }), code as 'invalid_date')
    expect(places(problem)).toEqual([place])
  })

  it('answers 404 for an unknown app and an unknown freeze', async () => {
    const body = { appId: freshId(), until: tomorrow(), reason: 'x' }
    expectProblem(await manage(shape(), 'POST', '/freezes', { body }), 'app_not_found')
    expectProblem(await manage(shape(), 'DELETE', '/freezes/999999999'), 'freeze_not_found')
    expectProblem(await manage(shape(), 'DELETE', '/freezes/x'), 'invalid_parameter')
  })

  it('answers the same again to the same Idempotency-Key', async () => {
    const { appId } = await createApp(shape())
    const question = {
      body: { appId, until: tomorrow(), reason: 'x' },
      headers: { 'idempotency-key': freshId() },
    }
    const first = await manage(shape(), 'POST', '/freezes', question)
    expect((await manage(shape(), 'POST', '/freezes', question)).text).toBe(first.text)
    const listed = (await manage(shape(), 'GET', `/freezes?appId=${appId}`)).json<Page<Freeze>>()
    expect(listed.items).toHaveLength(1)
  })
}

const wholeFleet = (shape: () => Shape): void => {
  it('holds back the whole fleet, which takes a token for the whole fleet to freeze, to lift and to override', async () => {
    const { appId } = await publishApp(shape())
    const limited = as(shape(), await createKey(shape(), { role: 'admin', appIds: [appId] }))
    const body = { until: tomorrow(), reason: 'everything rests' }
    expectProblem(await manage(limited, 'POST', '/freezes', { body }), 'forbidden')
    const frozen = await freeze(shape(), null, 'everything rests')
    try {
      const refusal = expectProblem(await releaseAgain(shape(), appId), 'frozen')
      expect(refusal.detail).toContain('the whole fleet is frozen')
      expectProblem(await lift(limited, frozen), 'forbidden')
      const override = { override: true, reason: 'now' }
      expectProblem(await releaseAgain(limited, appId, override), 'forbidden')
      expect((await releaseAgain(shape(), appId, override)).status).toBe(201)
      const seen = (await manage(limited, 'GET', '/freezes?active=true')).json<Page<Freeze>>()
      expect(seen.items).toContainEqual(frozen)
    } finally {
      await lift(shape(), frozen)
    }
    expect(await release(shape(), appId)).toBe(201)
  })
}

/** Freezes of an app, of what extends it, and of the fleet. */
export const freezes = (shape: () => Shape): void => {
  describe('freezes', () => {
    refuses(shape)
    overrides(shape)
    lists(shape)
    refusals(shape)
    wholeFleet(shape)
  })
}
