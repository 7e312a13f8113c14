import { afterEach, describe, expect, it } from 'vitest'
import type { FeedLimit } from '../../../../contract/gateway-feed.ts'
import { limitRequests } from './limit-requests.ts'
import { memoryCounts } from './shared-counts.fixture.ts'
import { createSharing } from './sharing.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

const limit = (more: Partial<FeedLimit>): FeedLimit => ({
  name: 'burst',
  policy: (more.name ?? 'burst').split('.')[0] ?? '',
  per: 'ip',
  routeClass: 'any',
  appIds: null,
  keyIds: null,
  quota: 2,
  windowSeconds: 10,
  cost: 1,
  mode: 'shared',
  ...more,
})

const open = (...limits: FeedLimit[]) => {
  // In the middle of a window: nothing here takes five seconds.
  const clock = { ms: 5_000 + 10_000 - (Date.now() % 10_000) }
  const made = limitRequests({ sharing: undefined, now: () => clock.ms })
  closers.push(made.close)
  made.update(limits)
  const ask = (more: object = {}) =>
    made.admit({ routeClass: 'config', method: 'GET', prefix: '192.0.2.1', ...more })
  return { ask, clock, ...made }
}

interface Refusal {
  headers: Record<'ratelimit' | 'retry-after', string>
  members: { 'violated-policies': string[] }
}

/** The problem that refused. */
const refusal = (ask: () => unknown): unknown => {
  try {
    ask()
  } catch (error) {
    return error
  }
  throw new Error('it was admitted')
}

describe('requests under limits', () => {
  it('are admitted without a word where no limit counts', () => {
    expect(open().ask()).toBeUndefined()
    expect(open(limit({ routeClass: 'analytics' })).ask()).toBeUndefined()
  })

  it('are told what is left by RateLimit-Policy and RateLimit', () => {
    const { ask } = open(limit({}), limit({ name: 'daily', quota: 1_000, windowSeconds: 86_400 }))
    expect(ask()).toMatchObject({
      'ratelimit-policy': '"burst";q=2;w=10, "daily";q=1000;w=86400',
      ratelimit: expect.stringMatching(/^"burst";r=1;t=\d+, "daily";r=999;t=\d+$/),
    })
  })

  it('get 429 with the limits that are violated and whole seconds to wait, and cost nothing then', () => {
    const { ask, clock, counters } = open(
      limit({}),
      limit({ name: 'daily', quota: 3, windowSeconds: 86_400 }),
    )
    ask()
    ask()
    expect(refusal(ask)).toMatchObject({
      code: 'rate_limited',
      status: 429,
      headers: {
        'retry-after': expect.stringMatching(/^[1-9]\d*$/),
        ratelimit: expect.stringMatching(/^"burst";r=0;t=\d+, "daily";r=1;t=\d+$/),
        'ratelimit-policy': '"burst";q=2;w=10, "daily";q=3;w=86400',
      },
      members: {
        type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
        'violated-policies': ['burst'],
      },
    })
    clock.ms += 20_000
    ask()
    expect(refusal(ask)).toMatchObject({ members: { 'violated-policies': ['daily'] } })
    expect(counters()).toMatchObject({ admitted: 3, refused: 2, clients: 2 })
  })

  it('are told the longest wait where several limits refuse, and never a shorter one than RateLimit has', () => {
    const { ask, clock } = open(limit({ quota: 1 }), limit({ name: 'slow', quota: 1, windowSeconds: 3_600 }))
    ask()
    const { headers, members } = refusal(ask) as Refusal
    expect(members['violated-policies']).toEqual(['burst', 'slow'])
    const waits = [...headers.ratelimit.matchAll(/r=0;t=(\d+)/g)].map(([, seconds]) => Number(seconds))
    expect(Math.max(...waits)).toBe(Number(headers['retry-after']))
    clock.ms += Number(headers['retry-after']) * 1_000
    ask()
  })

  it('cost nothing under any limit where one refuses', () => {
    const { ask } = open(limit({ per: 'key', quota: 1 }), limit({ name: 'net', quota: 3 }))
    ask({ keyId: 'k1' })
    for (let times = 0; times < 5; times += 1) refusal(() => ask({ keyId: 'k1' }))
    expect(ask({ keyId: 'k2' })).toMatchObject({ ratelimit: expect.stringMatching(/"net";r=1;/) })
  })

  it('may ask again when Retry-After says so, and not before', () => {
    const { ask, clock } = open(limit({ quota: 1 }))
    ask()
    const seconds = Number((refusal(ask) as { headers: Record<string, string> }).headers['retry-after'])
    clock.ms += (seconds - 1) * 1_000
    refusal(ask)
    clock.ms += 1_000
    ask()
  })

  it.each([
    ['address', 'ip', { prefix: '192.0.2.2' }],
    ['key', 'key', { keyId: 'another' }],
    ['app', 'app', { appId: 'news' }],
    ['class', 'route', { routeClass: 'management' }],
  ] as const)('are counted apart for each %s', (_, per, other) => {
    const { ask } = open(limit({ per, quota: 1 }))
    const whole = { keyId: 'k1', appId: 'shop' }
    ask(whole)
    refusal(() => ask(whole))
    ask({ ...whole, ...other })
  })

  it('without a key, or for no app, are not counted for it', () => {
    const { ask } = open(limit({ per: 'key', quota: 1 }), limit({ name: 'apps', per: 'app', quota: 1 }))
    for (let times = 0; times < 3; times += 1) expect(ask()).toBeUndefined()
  })

  it('come under the first limit of a name that is for them', () => {
    const { ask } = open(
      limit({ name: 'burst.partner', keyIds: ['k1'], quota: 3 }),
      limit({ name: 'burst.shop', appIds: ['shop'], quota: 1 }),
      limit({}),
    )
    expect(ask({ keyId: 'k1', appId: 'shop' })).toMatchObject({ 'ratelimit-policy': '"burst";q=3;w=10' })
    expect(ask({ appId: 'shop' })).toMatchObject({ 'ratelimit-policy': '"burst";q=1;w=10' })
    expect(ask({ appId: 'news' })).toMatchObject({ 'ratelimit-policy': '"burst";q=2;w=10' })
  })

  it('cost what their method costs, and never more than there is', () => {
    const { ask } = open(limit({ quota: 5, cost: { POST: 3, HEAD: 0 } }))
    expect(ask({ method: 'HEAD' })).toBeUndefined()
    ask({ method: 'POST' })
    expect(ask({ method: 'GET' })).toMatchObject({ ratelimit: expect.stringMatching(/r=1;/) })
    refusal(() => ask({ method: 'POST' }))
    expect(open(limit({ quota: 5, cost: 9 })).ask()).toMatchObject({
      ratelimit: expect.stringMatching(/r=0;/),
    })
  })

  it('are not counted for what is too long for an app, nor is that remembered', () => {
    const { ask, counters } = open(limit({ per: 'app', quota: 1 }))
    for (let times = 0; times < 3; times += 1) expect(ask({ appId: 'a'.repeat(129) })).toBeUndefined()
    expect(ask({ appId: 'a'.repeat(128) })).toBeDefined()
    expect(counters().clients).toBe(1)
  })

  it('are remembered when the quota changes, up and down', () => {
    const { ask, update } = open(limit({ quota: 2 }))
    ask()
    update([limit({ quota: 3 })])
    expect(ask()).toEqual({
      'ratelimit-policy': '"burst";q=3;w=10',
      ratelimit: expect.stringMatching(/^"burst";r=1;t=\d+$/),
    })
    update([limit({ quota: 1 })])
    expect(refusal(ask)).toMatchObject({ headers: { 'ratelimit-policy': '"burst";q=1;w=10' } })
  })

  it('are remembered when another limit changes', () => {
    const { ask, update } = open(limit({ quota: 1 }))
    ask()
    update([limit({ quota: 1 }), limit({ name: 'daily', quota: 9, windowSeconds: 86_400 })])
    expect(refusal(ask)).toMatchObject({ members: { 'violated-policies': ['burst'] } })
    update([])
    expect(ask()).toBeUndefined()
  })
})

describe('requests under limits that gateways share', () => {
  /** Each look at the clock finds it later; windows begin at whole multiples of their length. */
  const share = (stepMs: number, ...limits: FeedLimit[]) => {
    const clock = { ms: 3_600_000 * 400_000 }
    const now = () => {
      clock.ms += stepMs
      return clock.ms
    }
    const shared = memoryCounts({ nowMs: now })
    const gateways = ['a', 'b'].map((gatewayId) => {
      const sharing = createSharing({ counts: shared.counts, gatewayId, now, wallMs: now, onTurn: () => {} })
      const made = limitRequests({ sharing, now })
      closers.push(made.close, sharing.close)
      made.update(limits)
      const ask = async (more: object = {}) =>
        made.admit({ routeClass: 'config', method: 'GET', prefix: '192.0.2.1', ...more })
      return { ask, update: made.update }
    })
    return { clock, gateways, ...shared }
  }
  const settled = (ask: () => Promise<unknown>): Promise<Refusal | undefined> =>
    ask().then(
      () => undefined,
      (error) => error,
    )

  it('are told whole seconds to wait also where time passed while Redis was asked', async () => {
    const { gateways } = share(7, limit({ quota: 2, windowSeconds: 1, mode: 'exact' }))
    const refusals = []
    for (let times = 0; times < 60; times += 1) {
      for (const { ask } of gateways) refusals.push(await settled(ask))
    }
    const waits = refusals.filter((one) => one).map((one) => one?.headers['retry-after'])
    expect(waits.length).toBeGreaterThan(80)
    expect(new Set(waits)).toEqual(new Set(['1']))
  })

  it('are told when all that they cost is free', async () => {
    const { gateways, clock } = share(0.01, limit({ quota: 100, cost: { POST: 90 }, windowSeconds: 100 }))
    const [{ ask }] = gateways as [(typeof gateways)[0]]
    for (let times = 0; times < 100; times += 1) await ask()
    const seconds = async (method: string) =>
      Number((await settled(() => ask({ method })))?.headers['retry-after'])
    expect(await seconds('GET')).toBe(100)
    // Of the 100 no more than 10 may count still.
    expect(await seconds('POST')).toBe(189)
    clock.ms += 189_000
    await ask({ method: 'POST' })
  })

  it('keep what was counted when the quota changes, and no lease that is larger than it', async () => {
    const big = limit({ quota: 100_000, windowSeconds: 3_600 })
    const { gateways } = share(0.01, big)
    const [one, other] = gateways as [(typeof gateways)[0], (typeof gateways)[0]]
    for (let times = 0; times < 3_000; times += 1) await one.ask()
    for (const { update } of gateways) update([{ ...big, quota: 10 }])
    let admitted = 0
    for (let times = 0; times < 50; times += 1) {
      for (const { ask } of [one, other]) if ((await settled(ask)) === undefined) admitted += 1
    }
    expect(admitted).toBeLessThanOrEqual(10)
  })
})
