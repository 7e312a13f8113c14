import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isNetwork, networksOf } from './networks.ts'

describe('a network', () => {
  it.each([
    ['10.0.0.0/8', '10.255.255.255', '11.0.0.0'],
    ['10.9.8.7/8', '10.0.0.1', '9.255.255.255'],
    ['203.0.113.9', '203.0.113.9', '203.0.113.10'],
    ['0.0.0.0/0', '255.255.255.255', '::1'],
    ['2001:db8::/32', '2001:db8:ffff::1', '2001:db9::'],
    ['::/0', 'ffff::1', '1.2.3.4'],
    ['::1', '::1', '::2'],
    ['::ffff:cb00:7109', '203.0.113.9', '203.0.113.10'],
    ['::ffff:a00:0/104', '10.255.255.255', '11.0.0.0'],
    ['loopback', '127.9.9.9', '128.0.0.1'],
    ['loopback', '::1', '::2'],
    ['private', '172.31.255.255', '172.32.0.0'],
    ['private', '192.168.1.1', '192.169.1.1'],
    ['private', 'fdff::1', 'fe00::1'],
  ])('%s has %s and not %s', (text, inside, outside) => {
    expect(isNetwork(text)).toBe(true)
    const networks = networksOf([text])
    expect(networks.has(inside)).toBe(true)
    expect(networks.has(outside)).toBe(false)
  })

  it.each([
    ...[
      '',
      '10.0.0.0/33',
      '10.0.0/8',
      '10.0.0.0/',
      '10.0.0.0/-1',
      '10.0.0.0/8/8',
      '::/129',
      '::ffff:1.2.3.4',
    ],
    ...['*', 'localhost', 'constructor', '__proto__', '10.0.0.0-10.0.0.9', 'Private'],
  ])('is not %j', (text) => {
    expect(isNetwork(text)).toBe(false)
    expect(() => networksOf([text])).toThrow('is no network')
  })
})

it('no network has no address', () => {
  expect(networksOf([]).isEmpty).toBe(true)
  expect(networksOf([]).has('127.0.0.1')).toBe(false)
})

it('has what has its first bits, and nothing else', () => {
  const byte = fc.integer({ min: 0, max: 255 })
  const address = fc.tuple(byte, byte, byte, byte)
  const number = (bytes: readonly number[]): bigint =>
    bytes.reduce((sum, one) => sum * 256n + BigInt(one), 0n)
  fc.assert(
    fc.property(address, fc.integer({ min: 0, max: 32 }), address, fc.nat(32), (net, bits, random, same) => {
      // Half of the random addresses would never be near the network.
      const far = number(random) & ((1n << BigInt(32 - same)) - 1n)
      const near = ((number(net) >> BigInt(32 - same)) << BigInt(32 - same)) | far
      const text = [24n, 16n, 8n, 0n].map((shift) => (near >> shift) & 255n).join('.')
      const isIn = near >> BigInt(32 - bits) === number(net) >> BigInt(32 - bits)
      expect(networksOf([`${net.join('.')}/${bits}`]).has(text)).toBe(isIn)
    }),
  )
})
