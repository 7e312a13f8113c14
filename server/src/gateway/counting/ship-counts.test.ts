import { afterEach, describe, expect, it } from 'vitest'
import { createCounting } from './counting.ts'
import { countsOf, createInbox } from './inbox.fixture.ts'
import { type ShipCountsOptions, shipCounts } from './ship-counts.ts'
import { countRead } from './visit.fixture.ts'

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

const start = (more: Partial<ShipCountsOptions> = {}) => {
  const inbox = createInbox()
  const warnings: string[] = []
  const counted = createCounting()
  const warn = (what: string): void => void warnings.push(what)
  const ships = shipCounts({ counted, analytics: inbox.peer, warn, everyMs: 5, ...more })
  ends.push(ships.close)
  return { inbox, warnings, counted, ships }
}

describe('what was counted', () => {
  it('is shipped again with the same number until it is stored, and counts once', async () => {
    const { inbox, counted, warnings, ships } = start()
    inbox.status = 503
    countRead(counted, 'shop', { query: '?bucket=1' })
    await expect.poll(() => inbox.numbers.length).toBeGreaterThan(2)
    countRead(counted, 'shop', { query: '?bucket=2' })
    expect(new Set(inbox.numbers)).toEqual(new Set([1]))
    expect(warnings).toContain('what was counted was not taken')
    inbox.status = 204
    await expect.poll(() => inbox.tallyOf('shop').requests).toBe(2)
    expect([...inbox.shipments.keys()]).toEqual([1, 2])
    await ships.close()
    expect(inbox.tallyOf('shop').requests).toBe(2)
    expect(inbox.lost()).toBe(0)
  })

  it('waits without a word for an analytics service that does not know of it yet', async () => {
    const { inbox, counted, warnings } = start()
    inbox.status = 404
    countRead(counted, 'shop')
    await expect.poll(() => inbox.numbers.length).toBeGreaterThan(2)
    expect(warnings).toEqual([])
    inbox.status = 204
    await expect.poll(() => inbox.tallyOf('shop').requests).toBe(1)
  })

  it('is dropped and told as lost where it can never be taken', async () => {
    const { inbox, counted, ships } = start({ everyMs: 60_000 })
    for (let at = 0; at < 7; at += 1) countRead(counted, 'shop')
    inbox.status = 422
    ships.hurry()
    await expect.poll(() => inbox.numbers).toEqual([1])
    inbox.status = 204
    await ships.close()
    expect(inbox.numbers).toEqual([1, 2])
    expect(inbox.tallyOf('shop').requests).toBe(0)
    expect(inbox.lost()).toBe(7)
  })

  it('goes in several shipments where one would be too large', async () => {
    const { inbox, counted, ships } = start({ everyMs: 60_000, shipmentBytes: 2_000 })
    for (let at = 0; at < 50; at += 1) countRead(counted, `app-${at}`)
    await ships.close()
    expect(inbox.numbers.length).toBeGreaterThan(5)
    for (let at = 0; at < 50; at += 1) expect(inbox.tallyOf(`app-${at}`).requests).toBe(1)
    expect(inbox.uses()).toHaveLength(50)
    for (const shipment of inbox.shipments.values())
      expect(JSON.stringify(shipment).length).toBeLessThan(2_200)
  })

  it('is kept in bounds while nobody takes it, and what is beyond them is told as lost', async () => {
    const { inbox, counted, ships } = start({ mostBytes: 3_000 })
    inbox.status = 503
    countRead(counted, 'shop')
    await expect.poll(() => inbox.numbers.length).toBeGreaterThan(1)
    // Half of its room is what is made ready even now; two halves are more than may wait.
    for (let round = 0; round < 2; round += 1) {
      for (let at = 0; at < 66_000; at += 1)
        countRead(counted, `app-${at % 20}`, { query: `?bucket=${at % 10_000}` })
      await expect.poll(() => counted.size().share).toBe(0)
    }
    inbox.status = 204
    await expect.poll(() => inbox.lost()).toBe(132_000)
    await ships.close()
    expect(inbox.tallyOf('shop').requests).toBe(1)
  })

  it('is shipped at the end, what came meanwhile too, but for no longer than a few seconds', async () => {
    const { inbox, counted, ships, warnings } = start({ everyMs: 60_000 })
    countRead(counted, 'shop', { query: '?platform=iOS' })
    await ships.close()
    expect(countsOf(inbox.tallyOf('shop'), 'platform')).toEqual({ ios: 1 })
    const hanging = start({ everyMs: 60_000, closeMs: 20, analytics: () => new Promise(() => {}) })
    countRead(hanging.counted, 'shop')
    await hanging.ships.close()
    expect(hanging.warnings).toEqual(['not all that was counted was shipped before the end'])
    expect(warnings).toEqual([])
  })
})
