import { afterEach, describe, expect, it } from 'vitest'
import { listen } from '../../platform/http/listen-node.ts'
import type { Listener } from '../../platform/http/listener.ts'
import { type AnswerOptions, answerHeld, answerRecalled } from './answer-held.ts'
import { createHeldReleases } from './held-releases.ts'
import { rules } from './rules.fixture.ts'

/** A node that holds one app, and the load it is under. */
const open = async () => {
  let pollFactor = 1
  const held = createHeldReleases(1_000_000, rules)
  const options: AnswerOptions = {
    ...{ held, rules, freshness: { staleSeconds: () => 0 } },
    load: { pollFactor: () => pollFactor, close: () => {} },
  }
  const one = held.hold(
    {
      ...{
        sequence: 7,
        state: 'released',
        appId: 'shop',
        channel: 'stable',
        revision: 4,
        sharesSecond: false,
      },
      ...{ releasedAt: '2026-11-23T10:00:00.000Z', pollSeconds: 60 },
      config: {
        ...{
          configVersion: '1.0.0',
          minimumAppVersion: null,
          recommendedAppVersion: null,
          deprecationDate: null,
        },
        data: { text: 'x'.repeat(500) },
      },
    },
    { unverified: false },
  )
  const found = { key: 'shop', held: one, source: 'memory' as const }
  const reading = { channel: 'stable', query: '', isKeyed: false }
  const readingOf = ({ url }: Request) => (url.includes('revision=4') ? { ...reading, revision: 4 } : reading)
  const answer = (request: Request) =>
    answerRecalled(options, request, found, readingOf(request)) ??
    answerHeld(options, request, found, readingOf(request))
  listener = await listen(answer, {
    ...{ host: '127.0.0.1', port: 0, onUnreadable: () => {} },
  })
  const { url } = listener
  const readAt = async (address: string, tag?: string) => {
    const answer = await fetch(address, {
      headers: { 'accept-encoding': 'identity', ...(tag && { 'if-none-match': tag }) },
    })
    const text = await answer.text()
    return {
      status: answer.status,
      tag: answer.headers.get('etag') ?? '',
      header: answer.headers.get('poll-seconds'),
      body: text === '' ? null : (JSON.parse(text) as { pollSeconds: number }).pollSeconds,
    }
  }
  const read = (tag?: string) => readAt(url, tag)
  const readExact = (tag?: string) => readAt(`${url}?revision=4`, tag)
  const keepingOfExact = async () =>
    (await fetch(`${url}?revision=4`, { headers: { 'accept-encoding': 'identity' } })).headers.get(
      'cache-control',
    )
  const setFactor = (factor: number): void => {
    pollFactor = factor
  }
  return { read, readExact, keepingOfExact, setFactor, size: () => held.size().bytes }
}

let listener: Listener | undefined
afterEach(() => listener?.close(0))

describe('a node under load', () => {
  it('tells who reads to wait longer, in another answer with another tag', async () => {
    const { read, setFactor } = await open()
    const calm = await read()
    for (let time = 0; time < 3; time += 1)
      expect(await read()).toMatchObject({ status: 200, header: '60', body: 60 })
    setFactor(4)
    const busy = await read()
    expect(busy).toMatchObject({ status: 200, header: '240', body: 240 })
    expect(busy.tag).not.toBe(calm.tag)
  })

  it('lets nobody keep the longer wait for a year, also where the revision is named', async () => {
    const { keepingOfExact, setFactor } = await open()
    setFactor(2)
    expect(await keepingOfExact()).not.toContain('immutable')
    setFactor(1)
    expect(await keepingOfExact()).toContain('immutable')
  })

  it('answers a longer wait told at the address of a revision with the body that is for a year, not with 304', async () => {
    const { readExact, setFactor } = await open()
    setFactor(2)
    const busy = await readExact()
    setFactor(1)
    expect(await readExact(busy.tag)).toMatchObject({ status: 200, body: 60 })
  })

  it('sends nobody a body again who has what is live: it tells the wait in the header of the 304', async () => {
    const { read, setFactor, size } = await open()
    const calm = await read()
    setFactor(2)
    const unchanged = { status: 304, tag: calm.tag, header: '120', body: null }
    for (let time = 0; time < 2; time += 1) expect(await read(calm.tag)).toEqual(unchanged)
    const bytes = size()
    expect(await read(calm.tag)).toEqual(unchanged)
    expect(size()).toBe(bytes)
    const busy = await read()
    setFactor(1)
    expect(await read(busy.tag)).toEqual({ status: 304, tag: busy.tag, header: '60', body: null })
  })
})
