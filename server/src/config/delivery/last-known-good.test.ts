import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync } from 'node:fs'
import { mkdtemp, open as openFile, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { testEnvironment } from '../../../../tests/environment.ts'
import { type LastKnownGood, openLastKnownGood } from './last-known-good.ts'
import type { Snapshot } from './snapshot.ts'

let folder: string
const errors: unknown[] = []
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parasol-snapshots-'))
})
afterAll(() => rm(folder, { recursive: true }))

const released = (appId: string, sequence: number): Snapshot => ({
  sequence,
  state: 'released',
  appId,
  channel: 'stable',
  revision: sequence,
  releasedAt: '2026-11-23T10:00:00.000Z',
  sharesSecond: false,
  pollSeconds: null,
  config: {
    configVersion: '1.0.0',
    minimumAppVersion: null,
    recommendedAppVersion: null,
    deprecationDate: null,
    data: { n: sequence },
  },
})

const cacheBytes = 256 << 20
const open = (): LastKnownGood => openLastKnownGood(folder, cacheBytes, (error) => errors.push(error))

/** Takes every thread that file operations have, as a disk that stands still does; the answer lets them go. */
const stopDisk = (): (() => Promise<void>) => {
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  const stuck = Array.from({ length: testEnvironment.fileThreads }, () => openFile(pipe, 'r'))
  let going = false
  return async () => {
    if (going) return
    going = true
    const other = openSync(pipe, constants.O_RDWR)
    for (const opened of stuck) await (await opened).close()
    closeSync(other)
    await rm(pipe)
  }
}

const files = async (): Promise<string[]> =>
  (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.json'))

describe('snapshots on disk', () => {
  it('are there for the next process', async () => {
    const first = open()
    expect(await first.any()).toBe(false)
    first.keep(released('shop', 1))
    first.keep(released('shop', 2))
    expect(await first.read('shop', 'stable')).toEqual(released('shop', 2))
    await first.close()
    expect(await open().read('shop', 'stable')).toEqual(released('shop', 2))
    expect(await open().any()).toBe(true)
  })

  it('are apart for ids that differ by letter case, and for channels', async () => {
    const store = open()
    store.keep(released('Shop', 9))
    store.keep({ ...released('shop', 5), channel: 'beta' })
    await store.close()
    expect((await store.read('Shop', 'stable'))?.sequence).toBe(9)
    expect((await store.read('shop', 'stable'))?.sequence).toBe(2)
    expect((await store.read('shop', 'beta'))?.sequence).toBe(5)
  })

  it('count as absent when they are damaged', async () => {
    const store = open()
    store.keep(released('torn', 1))
    await store.close()
    for (const name of await files()) {
      const path = join(folder, name)
      const text = await readFile(path, 'utf8')
      if (text.includes('"torn"')) await writeFile(path, text.slice(0, text.length / 2))
    }
    expect(await store.read('torn', 'stable')).toBeNull()
  })

  it('never answer the release before the one that is being written', async () => {
    const store = open()
    for (let sequence = 10; sequence < 30; sequence++) {
      store.keep(released('busy', sequence))
      expect((await store.read('busy', 'stable'))?.sequence).toBe(sequence)
    }
    await store.close()
  })

  it('are written once a release, however often it is read', async () => {
    const store = open()
    store.keep(released('often', 1))
    await store.close()
    const before = await Promise.all(
      (await files()).map(async (name) => (await stat(join(folder, name))).ino),
    )
    store.keep(released('often', 1))
    await store.close()
    const after = await Promise.all((await files()).map(async (name) => (await stat(join(folder, name))).ino))
    expect(after).toEqual(before)
    store.keep(released('often', 2))
    await store.close()
    expect((await open().read('often', 'stable'))?.sequence).toBe(2)
  })

  it('wait for a disk that stands still in bounded number, told once, and do not keep the process from closing', async () => {
    const reported: unknown[] = []
    const store = openLastKnownGood(folder, cacheBytes, (error) => reported.push(error))
    const goOn = stopDisk()
    onTestFinished(goOn)
    // One is in hand, ten thousand wait.
    for (let n = 0; n <= 10_000; n++) store.keep(released(`waiting-${n}`, 1))
    expect(reported).toEqual([])
    for (let n = 0; n < 10; n++) store.keep(released(`late-${n}`, 1))
    expect(reported).toEqual([new Error('10000 apps wait for the disk: more are not kept')])
    store.keep(released('waiting-7', 2))
    expect((await store.read('waiting-7', 'stable'))?.sequence).toBe(2)
    await expect(store.close()).rejects.toThrow('writing snapshots took longer than 5000 ms')
    await goOn()
    expect(await store.read('late-1', 'stable')).toBeNull()
    await vi.waitFor(() => store.close(), 50_000)
    store.keep(released('late-1', 1))
    expect((await store.read('late-1', 'stable'))?.sequence).toBe(1)
    await store.close()
  })

  it('are all written where thousands come as fast as the disk takes them', async () => {
    const reported: unknown[] = []
    const store = openLastKnownGood(folder, cacheBytes, (error) => reported.push(error))
    for (let n = 0; n < 11_000; n++) {
      store.keep(released(`many-${n}`, 1))
      await writeFile(join(folder, 'as-fast-as-this'), 'x'.repeat(300))
    }
    await vi.waitFor(() => store.close(), 50_000)
    expect(reported).toEqual([])
    for (const n of [0, 5_000, 10_999]) {
      expect((await open().read(`many-${n}`, 'stable'))?.sequence).toBe(1)
    }
  })

  it.each([
    [16, 0],
    [64, 64 << 20],
    [128, cacheBytes],
  ])('wait with %d MiB of text at most, where the cache has %d bytes', async (mebibytes, bytes) => {
    const reported: unknown[] = []
    const store = openLastKnownGood(folder, bytes, (error) => reported.push(error))
    const goOn = stopDisk()
    onTestFinished(goOn)
    const text = 'x'.repeat(8 << 20)
    const most = mebibytes / 8
    // One is in hand.
    for (let n = 0; n <= most; n++) store.keep(released(`large-${n}`, 1), text)
    expect(reported).toEqual([])
    store.keep(released('large-late', 1), text)
    expect(reported).toEqual([new Error(`${most} apps wait for the disk: more are not kept`)])
    store.keep(released('large-1', 2), text)
    expect(reported).toHaveLength(1)
    await goOn()
    await vi.waitFor(() => store.close(), 50_000)
  })

  it('report a folder that cannot be written, and go on', async () => {
    const file = join(folder, 'a-file')
    await writeFile(file, '')
    const reported: unknown[] = []
    const store = openLastKnownGood(join(file, 'below'), cacheBytes, (error) => reported.push(error))
    store.keep(released('shop', 1))
    await store.close()
    expect(reported).toHaveLength(1)
    expect(errors).toEqual([])
  })
})
