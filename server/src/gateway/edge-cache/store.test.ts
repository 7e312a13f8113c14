import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readSearch } from '../search/read-search.ts'
import { choosePolicy } from './choose-policy.ts'
import { createStore } from './store.ts'
import { makeStored, type Stored } from './stored.ts'

const headersOf = (fields: Record<string, string> = {}) =>
  new Headers({ 'cache-control': 'max-age=60', ...fields })

const storedAt = (url: string, body: string, fields: Record<string, string> = {}, partition = ''): Stored => {
  const headers = headersOf(fields)
  const bytes = Buffer.from(body)
  return makeStored({
    ...{ place: { edition: '', partition, url }, status: 200, headers, policy: choosePolicy(headers) },
    ...{ body: bytes, selecting: [], times: { askedMs: 0, answeredMs: 0 }, mark: 0 },
  })
}
const none = new Headers()
const find = (store: ReturnType<typeof createStore>, url: string) =>
  store.find({ edition: '', partition: '', url }, none)

describe('room in the store', () => {
  it('is not taken by what was read of a query, which is not reckoned with', () => {
    const url = 'http://h/a?a=1&bucket=7'
    const place = { edition: '', partition: '', url, search: readSearch(url) }
    const headers = headersOf({ 'no-vary-search': 'params=("bucket")' })
    const stored = makeStored({
      ...{ place, status: 200, headers, policy: choosePolicy(headers), body: Buffer.from('x') },
      ...{ selecting: [], times: { askedMs: 0, answeredMs: 0 }, mark: 0 },
    })
    expect(stored.place).toEqual({ edition: '', partition: '', url })
    const store = createStore(20_000)
    store.add(stored, none)
    expect(store.find({ ...place, url: `${url}0`, search: readSearch(`${url}0`) }, none)).toBe(stored)
  })

  it('is never exceeded, and given back to the last byte', () => {
    const step = fc.record({
      url: fc.integer({ min: 0, max: 30 }).map((place) => `http://h/${place}`),
      bytes: fc.integer({ min: 0, max: 9_000 }),
      tag: fc.constantFrom('a', 'b', 'c'),
      what: fc.constantFrom('add', 'add', 'add', 'find', 'purge', 'invalidate', 'clear'),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const store = createStore(20_000)
        for (const { url, bytes, tag, what } of steps) {
          if (what === 'add') store.add(storedAt(url, 'x'.repeat(bytes), { 'cache-tag': tag }), none)
          if (what === 'find') find(store, url)
          if (what === 'purge') store.dropTagged(tag)
          if (what === 'invalidate') store.dropAddress(url)
          if (what === 'clear') store.clear()
          expect(store.size().bytes).toBeLessThanOrEqual(20_000)
          expect(store.size().bytes === 0).toBe(store.size().entries === 0)
        }
        for (const tag of ['a', 'b', 'c']) store.dropTagged(tag)
        expect(store.size()).toMatchObject({ bytes: 0, entries: 0 })
      }),
    )
  })

  it('counts bodies, keys, headers, tags and what keeping them takes', () => {
    const bytes = (...given: Parameters<typeof storedAt>) => storedAt(...given).bytes
    const least = bytes('http://h/', '')
    expect(least).toBeGreaterThan(1_000)
    expect(bytes('http://h/', 'x'.repeat(500))).toBeGreaterThanOrEqual(least + 500)
    expect(bytes(`http://h/${'x'.repeat(500)}`, '')).toBeGreaterThanOrEqual(least + 500)
    expect(bytes('http://h/', '', { 'x-long': 'x'.repeat(500) })).toBeGreaterThanOrEqual(least + 1_000)
    expect(bytes('http://h/', '', { 'cache-tag': 'x'.repeat(500) })).toBeGreaterThanOrEqual(least + 1_500)
    expect(bytes('http://h/', '', {}, 'x'.repeat(500))).toBeGreaterThanOrEqual(least + 500)
  })

  it('keeps what is asked for again in spite of a scan of a hundred times as much', () => {
    const store = createStore(200_000)
    const hot = Array.from({ length: 20 }, (_, place) => `http://h/hot/${place}`)
    for (const url of hot) store.add(storedAt(url, 'x'.repeat(1_000)), none)
    for (const url of hot) find(store, url)
    for (let place = 0; place < 2_000; place += 1) {
      store.add(storedAt(`http://h/scan/${place}`, 'x'.repeat(1_000)), none)
      if (place % 3 === 0) find(store, hot[(place / 3) % hot.length] ?? '')
    }
    expect(hot.filter((url) => find(store, url))).toHaveLength(hot.length)
    expect(store.size().evictions).toBeGreaterThan(1_500)
  })

  it('keeps the better place of what is purged, freshened or replaced', () => {
    const changes = [
      (store: ReturnType<typeof createStore>) => store.dropTagged('hot'),
      (store: ReturnType<typeof createStore>) => store.dropAddress('http://h/hot'),
      () => {},
    ]
    for (const change of changes) {
      const store = createStore(100_000)
      const hot = () => storedAt('http://h/hot', 'x', { 'cache-tag': 'hot' })
      store.add(hot(), none)
      find(store, 'http://h/hot')
      change(store)
      store.add(hot(), none)
      for (let place = 0; place < 300; place += 1) store.add(storedAt(`http://h/scan/${place}`, 'x'), none)
      expect(find(store, 'http://h/hot')).toBeDefined()
    }
  })

  it('goes to others once nobody asks for it any more', () => {
    const store = createStore(100_000)
    store.add(storedAt('http://h/once', 'x'), none)
    for (let turn = 0; turn < 5; turn += 1) find(store, 'http://h/once')
    const later = Array.from({ length: 60 }, (_, place) => `http://h/later/${place}`)
    for (let turn = 0; turn < 20; turn += 1) {
      for (const url of later) if (!find(store, url)) store.add(storedAt(url, 'x'.repeat(500)), none)
    }
    expect(find(store, 'http://h/once')).toBeUndefined()
  })

  it('is not taken by what is larger than all of it', () => {
    const store = createStore(10_000)
    store.add(storedAt('http://h/a', 'x'), none)
    store.add(storedAt('http://h/b', 'x'.repeat(10_000)), none)
    expect(store.size()).toMatchObject({ entries: 1, evictions: 0 })
  })

  it('keeps no trace of an address whose answers are gone', () => {
    const store = createStore(1_000_000)
    const place = { edition: '', partition: '', url: 'http://h/a?x=1' }
    const stored = storedAt(place.url, 'x', { 'no-vary-search': 'params' })
    store.add(stored, none)
    expect(store.find({ edition: '', partition: '', url: 'http://h/a?x=2' }, none)).toBe(stored)
    store.drop(stored)
    store.drop(stored)
    expect(store.all(place)).toEqual([])
    expect(store.size()).toMatchObject({ bytes: 0, entries: 0 })
  })
})
