import { expect, it } from 'vitest'
import { Problem } from '../../../../contract/problems.ts'
import type { Client } from './client-address.ts'
import { type AddressLists, createRefuseAddress } from './refuse-address.ts'
import type { Surface } from './surface.ts'

const none: AddressLists = { allowIps: [], denyIps: [], managementIps: [] }
const clientAt = (address: string): Client => ({
  address,
  prefix: address,
  proto: undefined,
  host: undefined,
})

/** The surfaces that an address gets nothing of, asked twice: the second time it is remembered. */
const refusals = (lists: Partial<AddressLists>, address: string): Surface[] => {
  const refuse = createRefuseAddress({ ...none, ...lists })
  const refused = (['admin', 'probe', 'public'] as const).filter((surface) => {
    const [first, second] = [1, 2].map(() => {
      try {
        refuse(clientAt(address), surface)
        return undefined
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        return error
      }
    })
    expect(second?.code).toBe(first?.code)
    if (first) expect(first).toMatchObject({ code: 'address_refused', status: 403 })
    return first !== undefined
  })
  return refused
}

const office = '198.51.100.0/24'
it.each<[string, Partial<AddressLists>, string, Surface[]]>([
  ['no list refuses nobody', {}, '203.0.113.9', []],
  ['no list refuses nobody', {}, 'unknown', []],
  ['what is denied gets nothing', { denyIps: [office] }, '198.51.100.7', ['admin', 'probe', 'public']],
  ['what is not denied gets all', { denyIps: [office] }, '203.0.113.9', []],
  ['who cannot be found on a list of denied gets all', { denyIps: [office] }, 'unknown', []],
  ['what is allowed gets all', { allowIps: [office] }, '198.51.100.7', []],
  ['what is not allowed gets probes', { allowIps: [office] }, '203.0.113.9', ['admin', 'public']],
  [
    'who cannot be found on a list of allowed gets probes',
    { allowIps: [office] },
    'unknown',
    ['admin', 'public'],
  ],
  [
    'denied goes before allowed',
    { allowIps: [office], denyIps: ['198.51.100.7'] },
    '198.51.100.7',
    ['admin', 'probe', 'public'],
  ],
  ['management has its own list', { managementIps: [office] }, '198.51.100.7', []],
  ['management has its own list', { managementIps: [office] }, '203.0.113.9', ['admin']],
  ['management has its own list', { managementIps: [office] }, 'unknown', ['admin']],
  [
    'which counts there alone',
    { managementIps: [office], allowIps: ['private'] },
    '198.51.100.7',
    ['public'],
  ],
  ['which counts there alone', { managementIps: [office], allowIps: ['private'] }, '10.0.0.1', ['admin']],
  ['IPv6 too', { allowIps: ['2001:db8::/32'] }, '2001:db8:1::7', []],
  ['IPv6 too', { denyIps: ['2001:db8::/32'] }, '2001:db8:1::7', ['admin', 'probe', 'public']],
])('%s: %j, %s', (_, lists, address, refused) => {
  expect(refusals(lists, address)).toEqual(refused)
})
