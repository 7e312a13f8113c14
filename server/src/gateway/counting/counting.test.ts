import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bucketsOf as listBuckets } from '../../platform/tally/bucket-set.ts'
import { devicesOf } from '../../platform/tally/tally.ts'
import { noBucket, readSearch } from '../search/read-search.ts'
import { createCounting } from './counting.ts'
import { foldJournal } from './fold-journal.ts'
import { bucketsOf, countsOf } from './inbox.fixture.ts'
import { foreignRevision, linesMost } from './journal.ts'
import { createNames } from './names.ts'
import { packCounts } from './pack-counts.ts'
import { countryOf, deviceOf, platformOf, versionOf } from './read-device.ts'
import { revisionOf } from './read-revision.ts'
import { countRead, headersOf } from './visit.fixture.ts'

describe('a device, by the query of its read', () => {
  const names = createNames()
  const read = (query: string) => {
    const { shared, bucket } = readSearch(`http://front.example/v2/api/config/shop${query}`)
    const device = deviceOf(shared, names)
    const { platforms, versions, countries } = names
    return [
      platforms.texts[platformOf(device)],
      versions.texts[versionOf(device)],
      countries.texts[countryOf(device)],
      bucket === noBucket ? null : bucket,
    ]
  }

  it.each([
    ['', ['unknown', 'unknown', 'unknown', null]],
    ['?platform=iPhone%20OS&appVersion=1.2.3&country=de&bucket=0', ['ios', '1.2.3', 'DE', 0]],
    ['?bucket=9999&country=UK&appVersion=1.2.3%2B7&platform=Mac+OS+X', ['macos', '1.2.3+7', 'GB', 9999]],
    ['?platformx=ios&xcountry=DE&bucketbucket=1&appversion=1', ['unknown', 'unknown', 'unknown', null]],
    ['?platform=%ff&country=DEU&appVersion=%3Cb%3E&bucket=10000', ['unknown', 'unknown', 'unknown', null]],
    ['?platform=&country=&appVersion=&bucket=', ['unknown', 'unknown', 'unknown', null]],
    ['?bucket=012&&&country=FR&', ['unknown', 'unknown', 'FR', null]],
    ['?abBucket=3&ab_bucket=7&bucket=5&country=FR', ['unknown', 'unknown', 'FR', 5]],
    [`?appVersion=${'1'.repeat(200)}&bucket=1e3`, ['unknown', 'unknown', 'unknown', null]],
  ])('%s', (query, expected) => {
    expect(read(query)).toEqual(expected)
  })
})

describe('a revision, by an entity tag', () => {
  it.each([
    [null, 0],
    ['"42.1"', 42],
    ['"42.1-br"', 42],
    ['W/"42.1.AbC-gzip"', 42],
    ['"42.1", "43.1"', 42],
    ['"42"', foreignRevision],
    ['*', foreignRevision],
    ['"abc.1"', foreignRevision],
    ['42.1', foreignRevision],
    ['', foreignRevision],
    ['"99999999999999999999.1"', foreignRevision],
  ])('%s', (tag, revision) => {
    expect(revisionOf(tag)).toBe(revision)
  })
})

/** Their time stands still: no minute ends in between. */
const still = { now: () => 0, date: () => Date.parse('2026-11-28T12:00:00.000Z') }

describe('counting', () => {
  it('keeps minutes apart, and days', () => {
    const clock = { now: 0, date: Date.parse('2026-11-28T23:59:58.000Z') }
    const counting = createCounting({ now: () => clock.now, date: () => clock.date })
    for (const second of [0, 1, 2, 3, 63]) {
      clock.now = second * 1_000
      countRead(counting, 'shop')
    }
    const journal = counting.take()
    const folded = journal ? [...foldJournal(journal)] : []
    expect(folded.map(({ minute, tally }) => [new Date(minute).toISOString(), tally?.requests])).toEqual([
      ['2026-11-28T23:59:00.000Z', 2],
      ['2026-11-29T00:00:00.000Z', 2],
      ['2026-11-29T00:01:00.000Z', 1],
    ])
    expect(folded.map(({ uses }) => [uses[0]?.day, uses[0]?.lastAt])).toEqual([
      ['2026-11-28', '2026-11-28T23:59:59.000Z'],
      ['2026-11-29', '2026-11-29T00:00:01.000Z'],
      ['2026-11-29', '2026-11-29T00:01:01.000Z'],
    ])
  })

  it('counts each request, however many in a row are the same', () => {
    const read = fc.record({
      appId: fc.constantFrom('shop', 'news'),
      country: fc.constantFrom('DE', 'FR'),
      bucket: fc.option(fc.nat(3)),
      revision: fc.integer({ min: 41, max: 42 }),
      times: fc.integer({ min: 1, max: 5 }),
    })
    fc.assert(
      fc.property(fc.array(read), (reads) => {
        const counting = createCounting(still)
        const all = reads.flatMap(({ times, ...one }) => Array.from({ length: times }, () => one))
        for (const { appId, country, bucket, revision } of all) {
          const query = `?country=${country}${bucket === null ? '' : `&bucket=${bucket}`}`
          countRead(counting, appId, { query, revision })
        }
        const journal = counting.take()
        for (const { appId, tally, uses } of journal ? foldJournal(journal) : []) {
          const of = all.filter((one) => one.appId === appId)
          const numberOf = (values: unknown[]): object => {
            const counts: Record<string, number> = {}
            for (const value of values) counts[String(value)] = (counts[String(value)] ?? 0) + 1
            return counts
          }
          if (!tally) throw new Error('all of these ask for a config')
          expect([tally.requests, tally.latencies.count]).toEqual([of.length, of.length])
          expect(countsOf(tally, 'country')).toEqual(numberOf(of.map(({ country }) => country)))
          expect(countsOf(tally, 'revision')).toEqual(numberOf(of.map(({ revision }) => revision)))
          const seen = new Set(of.flatMap(({ bucket }) => bucket ?? []))
          const devices = devicesOf(tally)
          if (devices.kind !== 'buckets') throw new Error('these are of one app')
          expect(new Set(listBuckets(devices))).toEqual(seen)
          expect(uses.map(({ requests }) => requests)).toEqual([of.length])
        }
      }),
    )
  })

  it('gives apps that are not there no numbers of their own, however many are invented', async () => {
    const counting = createCounting(still)
    countRead(counting, 'shop', { status: 404 })
    countRead(counting, 'shop')
    for (let at = 0; at < 10_000; at += 1)
      countRead(counting, `invented-${at}`, { status: 404, query: `?bucket=${at}` })
    countRead(counting, 'shop', { status: 429 })
    const journal = counting.take()
    expect(journal?.names.apps.texts).toEqual(['', 'shop'])
    const folded = journal ? [...foldJournal(journal)] : []
    expect(folded.map(({ appId, tally }) => [appId, tally?.requests])).toEqual([
      ['', 10_001],
      ['shop', 2],
    ])
    // Buckets of different apps are different devices.
    expect(bucketsOf(folded[0]?.tally ?? (undefined as never), 'platform')).toEqual({ unknown: 0 })
  })

  it('takes 100,000 invented versions of an app in constant memory, and loses no count', async () => {
    const counting = createCounting(still)
    for (let at = 0; at < 100_000; at += 1)
      countRead(counting, 'shop', {
        query: `?appVersion=1.${at}.0&platform=p${at}&country=${at}`,
        revision: 1 + (at % 500),
      })
    const journal = counting.take()
    expect(journal?.words.byteLength).toBe(linesMost * 32)
    expect(journal?.names.versions.ids.size).toBeLessThanOrEqual(4096)
    expect(journal?.names.platforms.ids.size).toBeLessThanOrEqual(256)
    if (!journal) throw new Error('it was counted')
    for (const { tally } of foldJournal(journal)) {
      for (const facet of ['appVersion', 'platform', 'country', 'revision']) {
        const counts = Object.values(countsOf(tally ?? (undefined as never), facet))
        expect(counts.length).toBeLessThanOrEqual(101)
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(100_000)
      }
    }
    // The next journal begins with names of its own.
    countRead(counting, 'shop', { query: '?appVersion=2.0.0' })
    expect(counting.take()?.names.versions.texts).toEqual(['unknown', 'other', '2.0.0'])
  })

  it('reads anew what was noted at an answer by the names of a journal before', () => {
    const counting = createCounting(still)
    const headers = headersOf(42)
    countRead(counting, 'shop', { headers })
    countRead(counting, 'shop', { headers })
    for (let at = 0; at < 3_000; at += 1) countRead(counting, 'shop', { query: `?appVersion=1.${at}.0` })
    counting.take()
    countRead(counting, 'news', { revision: 43 })
    countRead(counting, 'shop', { headers })
    countRead(counting, 'shop', { headers, status: 304 })
    const journal = counting.take()
    const folded = journal ? [...foldJournal(journal)] : []
    expect(folded.map(({ appId, tally }) => [appId, tally && countsOf(tally, 'status')])).toEqual([
      ['news', { '2xx': 1 }],
      ['shop', { '2xx': 1, '304': 1 }],
    ])
  })

  it('counts over words of a journal that was folded what it counts over new ones', async () => {
    const packedOf = async (isGivenBack: boolean) => {
      const counting = createCounting(still)
      const words = new Set<Uint32Array>()
      const packed: object[] = []
      for (const reads of [300, 200, 100, 50]) {
        for (let at = 0; at < reads; at += 1) {
          const query = at % 3 === 0 ? '' : `?platform=ios&country=DE&bucket=${at}`
          const status = at % 5 === 0 ? 304 : 200
          countRead(counting, at % 2 === 0 ? 'shop' : 'news', { query, status, revision: 40 + (reads % 7) })
        }
        const journal = counting.take()
        if (!journal) throw new Error('it was counted')
        words.add(journal.words)
        const { tallies, uses } = await packCounts(journal)
        packed.push({ tallies, uses: [...uses.values()] })
        if (isGivenBack) counting.giveBack(journal)
      }
      return { packed, journals: words.size }
    }
    const [anew, again] = [await packedOf(false), await packedOf(true)]
    expect(again.packed).toEqual(anew.packed)
    expect([anew.journals, again.journals]).toEqual([4, 2])
  })

  it('keeps no words of a journal that was folded while nobody asks', () => {
    const counting = createCounting(still)
    countRead(counting, 'shop')
    const journal = counting.take()
    if (!journal) throw new Error('it was counted')
    counting.giveBack(journal)
    expect(counting.take()).toBeUndefined()
    const words = [0, 1].map(() => {
      countRead(counting, 'shop')
      return counting.take()?.words
    })
    expect(words).not.toContain(journal.words)
  })

  it('notes as lost what does not fit, and has told before that it fills up', async () => {
    let told = 0
    const counting = createCounting({ ...still, onFull: () => (told += 1) })
    for (let at = 0; at < linesMost + 5; at += 1) countRead(counting, 'shop')
    expect(told).toBe(1)
    const journal = counting.take()
    expect(journal).toMatchObject({ lines: linesMost, lost: 5 })
    const packed = journal && (await packCounts(journal))
    expect(packed?.lost).toBe(5)
    expect(packed?.tallies.reduce((sum, { requests }) => sum + requests, 0)).toBe(linesMost)
    expect(counting.take()).toBeUndefined()
  })
})
