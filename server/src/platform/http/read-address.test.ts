import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readAddress, truncateAddress } from './read-address.ts'

it.each([
  ['203.0.113.9', '203.0.113.9', '203.0.113.9', '203.0.113.0/24'],
  ['::ffff:203.0.113.9', '203.0.113.9', '203.0.113.9', '203.0.113.0/24'],
  ['::FFFF:cb00:7109', '203.0.113.9', '203.0.113.9', '203.0.113.0/24'],
  ['2001:DB8::1', '2001:db8::1', '2001:db8:0:0::/64', '2001:db8:0::/48'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64', '2001:db8:1::/48'],
  [
    '2001:0db8:0001::0002:0003:0004',
    '2001:0db8:0001::0002:0003:0004',
    '2001:db8:1:0::/64',
    '2001:db8:1::/48',
  ],
  ['64:ff9b::192.0.2.1', '64:ff9b::192.0.2.1', '64:ff9b:0:0::/64', '64:ff9b:0::/48'],
  ['::1', '::1', '0:0:0:0::/64', '0:0:0::/48'],
  ['::', '::', '0:0:0:0::/64', '0:0:0::/48'],
])('reads %s as one client', (text, address, prefix, truncated) => {
  expect(readAddress(text)).toEqual({ address, prefix })
  expect(truncateAddress(prefix)).toBe(truncated)
})

it.each([
  ...[
    '',
    ' ',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3.4 ',
    '0x7f.1',
    '2130706433',
    'localhost',
  ],
  ...['1::2::3', ':::', '12345::', '::1%eth0', '[::1]', '::ffff:1.2.3', 'unknown', '1'.repeat(10_000)],
])('reads %j as no address', (text) => {
  expect(readAddress(text)).toBeUndefined()
})

const group = fc.integer({ min: 0, max: 0xffff })
/** The same address in one of its many spellings. */
const spelled = (groups: number[], isLong: boolean, isLoud: boolean, from: number, count: number): string => {
  const written = groups.map((one) => one.toString(16).padStart(isLong ? 4 : 1, '0'))
  const whole =
    groups.slice(from, from + count).every((one) => one === 0) && count > 0
      ? `${written.slice(0, from).join(':')}::${written.slice(from + count).join(':')}`
      : written.join(':')
  return isLoud ? whole.toUpperCase() : whole
}

it('gives all addresses of a /64 one prefix however they are spelled, and those of two /64s two', () => {
  const net = fc.tuple(group, group, group, group).filter((groups) => groups.some((one) => one !== 0))
  const host = fc.tuple(group, group, group, group).map((groups) => groups.map((one) => one % 3))
  const style = fc.tuple(fc.boolean(), fc.boolean(), fc.nat(7), fc.nat(8))
  fc.assert(
    fc.property(net, net, host, host, style, (one, other, left, right, [isLong, isLoud, from, count]) => {
      const plain = readAddress([...one, ...left].map((part) => part.toString(16)).join(':'))
      const fancy = readAddress(spelled([...one, ...right], isLong, isLoud, from, Math.min(count, 8 - from)))
      expect(plain?.prefix).toBe(fancy?.prefix)
      expect(plain?.prefix).toMatch(/^([\da-f]{1,4}:){4}:\/64$/)
      const third = readAddress([...other, ...left].map((part) => part.toString(16)).join(':'))
      expect(third?.prefix === plain?.prefix).toBe(one.join() === other.join())
    }),
  )
})
