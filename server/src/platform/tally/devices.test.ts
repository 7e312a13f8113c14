import { describe, expect, it } from 'vitest'
import { addDevice, createDevices, estimateDevices, mergeDevices } from './devices.ts'
import { hashText } from './hash-device.ts'
import {
  addHash,
  createHyperLogLog,
  estimateHashes,
  type HyperLogLog,
  hashesOf,
  mergeHashes,
  mostRank,
  registers,
} from './hyper-log-log.ts'
import { drawsOf } from './tally.fixture.ts'

const addText = (sketch: HyperLogLog, text: string): void => addHash(sketch, hashText(text))
const rootMeanSquare = (errors: number[]): number =>
  Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length)

describe('devices of an app', () => {
  it.each([10, 100, 1000, 5000, 10_000, 20_000, 40_000])('are %i, within 2 %, by buckets', (count) => {
    const errors = Array.from({ length: 60 }, (_, seed) => {
      const draw = drawsOf(seed * 7919 + count)
      const nodes = [0, 1, 2].map(() => createDevices('buckets'))
      for (let at = 0; at < count; at++)
        addDevice(nodes[at % 3] ?? createDevices('buckets'), Math.floor(draw() * 10_000))
      const all = createDevices('buckets')
      for (const node of nodes) mergeDevices(all, node)
      const { devices, atLeast } = estimateDevices(all)
      expect(atLeast).toBe(false)
      return devices / count - 1
    })
    expect(rootMeanSquare(errors)).toBeLessThan(0.02)
  })

  it('are "at least" when nearly all buckets are in use', () => {
    const devices = createDevices('buckets')
    for (let bucket = 0; bucket < 9990; bucket++) addDevice(devices, bucket)
    expect(estimateDevices(devices)).toEqual({ devices: 50_056, atLeast: true })
  })
})

describe('devices above apps', () => {
  // 15,000 to 80,000 is where estimators that switch over are off.
  it.each([10, 100, 1000, 10_000, 20_000, 40_000, 80_000])(
    'are %i, within 2 %, from three nodes',
    (count) => {
      const errors = Array.from({ length: 10 }, (_, seed) => {
        const nodes = [0, 1, 2].map(() => createHyperLogLog())
        for (let at = 0; at < count; at++) {
          // Each device is seen by two nodes.
          for (const node of [nodes[at % 3], nodes[(at + 1) % 3]])
            if (node !== undefined) addText(node, `${seed}:${at}`)
        }
        const all = createHyperLogLog()
        for (const node of nodes) mergeHashes(all, node)
        return estimateHashes(all) / count - 1
      })
      expect(rootMeanSquare(errors)).toBeLessThan(0.011)
      for (const error of errors) expect(Math.abs(error)).toBeLessThan(0.02)
    },
  )

  it('are two million, within 2 %, also as buckets of apps', () => {
    const texts = createHyperLogLog()
    for (let at = 0; at < 2_000_000; at++) addText(texts, `install-${at}`)
    expect(Math.abs(estimateHashes(texts) / 2_000_000 - 1)).toBeLessThan(0.02)
    const buckets = createDevices('hashes')
    for (let app = 0; app < 200; app++) {
      const hash = hashText(`com.example.app${app}`)
      for (let bucket = 0; bucket < 10_000; bucket++) addDevice(buckets, bucket, hash)
    }
    expect(Math.abs(estimateDevices(buckets).devices / 2_000_000 - 1)).toBeLessThan(0.02)
  })

  it('have the higher of two ranks in each register, whatever these are', () => {
    const ranksBy = (rankOf: (index: number) => number) =>
      Uint8Array.from({ length: registers }, (_, index) => rankOf(index) % (mostRank + 1))
    // All pairs of ranks, in all places of a word.
    const one = ranksBy((index) => index)
    const two = ranksBy((index) => Math.floor(index / (mostRank + 1)))
    const into = hashesOf(one.slice(), registers)
    mergeHashes(into, hashesOf(two, registers))
    expect(into.all).toEqual(one.map((rank, index) => Math.max(rank, two[index] ?? 0)))
  })
})
