import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { drawRetryMs } from '../../../platform/http/event-stream.ts'
import { jitterMsFor, writeNews } from './write-news.ts'

const event = { appId: 'shop', channel: 'beta', revision: 7, changedKeys: ['a\n\nb'], jitterMs: 0 }

describe('news', () => {
  it('are written once for all who are told of them, whatever a key is called', () => {
    const news = writeNews(9, event)
    expect(news.written('revision')).toBe(news.written('revision'))
    expect(Buffer.from(news.written('revision').bytes).toString()).toBe(
      `id: 9\nevent: revision\ndata: ${JSON.stringify(event)}\n\n`,
    )
    const text = 'id: 9\ndata: {"type":"refetchEvaluation","etag":"9"}\n\n'
    const { chunk } = news.written('ofrep')
    expect(Buffer.from(chunk).toString()).toBe(`${text.length.toString(16)}\r\n${text}\r\n`)
  })

  it('say of thousands of changed keys only that anything may have changed', () => {
    const told = (count: number) => {
      const changedKeys = Array.from({ length: count }, (_, n) => `a-key-with-a-rather-long-name-${n}`)
      const text = writeNews(9, { ...event, changedKeys }).text('revision')
      return JSON.parse(text.split('data: ')[1] ?? '').changedKeys
    }
    expect(told(200)).toHaveLength(200)
    expect(told(2_500)).toBeNull()
  })
})

describe('the time over which readers spread', () => {
  it('lets 5,000 of them a second come for the config, over a minute at most', () => {
    expect([0, 1, 49, 50, 5_000, 20_000, 1_000_000].map(jitterMsFor)).toEqual([
      ...[0, 0, 0, 10, 1_000, 4_000, 60_000],
    ])
  })

  it('lets 2,000 of them a second come back, after a second at least and a minute at most', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), (readers) => {
        const ms = drawRetryMs(readers)
        expect(ms).toBeGreaterThanOrEqual(1_000)
        expect(ms).toBeLessThanOrEqual(1_000 + Math.min(59_000, Math.max(1_000, readers / 2)))
      }),
    )
    const drawn = Array.from({ length: 1_000 }, () => drawRetryMs(20_000))
    expect(Math.max(...drawn) - Math.min(...drawn)).toBeGreaterThan(9_000)
  })
})
