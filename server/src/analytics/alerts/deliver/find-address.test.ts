import { expect, it, test } from 'vitest'
import { networksOf } from '../../../platform/http/networks.ts'
import { findAddresses } from './find-address.ts'

const none = networksOf([])
/** What becomes of a URL whose host resolves to these. */
const foundFor = (url: string, addresses: readonly string[] = [], allowed = none) =>
  findAddresses(new URL(url).hostname, allowed, async () => addresses).catch((error) => error.name)

test.each([
  'http://127.0.0.1/',
  'http://127.1/',
  'http://2130706433/',
  'http://0x7f000001/',
  'http://0177.0.0.1/',
  'http://0/',
  'http://0.0.0.0:8080/',
  'http://10.1.2.3/',
  'http://172.31.255.255/',
  'http://192.168.1.1/',
  'http://100.64.0.1/',
  'http://100.100.100.200/',
  'http://169.254.169.254/latest/meta-data/',
  'http://192.0.0.192/opc/v2/',
  'http://168.63.129.16/',
  'http://198.18.0.1/',
  'http://224.0.0.1/',
  'http://255.255.255.255/',
  'http://[::]/',
  'http://[::1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:7f00:1]/',
  'http://[::ffff:a9fe:a9fe]/',
  'http://[::127.0.0.1]/',
  'http://[64:ff9b::127.0.0.1]/',
  'http://[64:ff9b:1::a9fe:a9fe]/',
  'http://[2002:7f00:1::]/',
  'http://[2001:0:1::1]/',
  'http://[2001:db8::1]/',
  'http://[fe80::1]/',
  'http://[fec0::1]/',
  'http://[fd00:ec2::254]/',
  'http://[ff02::1]/',
  'http://①②⑦.0.0.1/',
])('%s is refused', async (url) => {
  expect(await foundFor(url)).toBe('AddressRefused')
})

test.each([
  [['127.0.0.1']],
  [['::1']],
  [['::ffff:10.0.0.1']],
  [['fe80::1%eth0']],
  [['8.8.8.8', '10.0.0.1']],
  [['2606:4700::1111', 'fd00::1']],
  [['no address']],
  [[]],
])('a name that leads to %j is refused', async (addresses) => {
  expect(await foundFor('https://alerts.example.com', addresses)).toBe('AddressRefused')
})

it('takes public addresses, in their order, and resolves a name once', async () => {
  let asked = 0
  const found = await findAddresses('alerts.example.com', none, async () => {
    asked += 1
    return ['2606:4700::1111', '1.1.1.1']
  })
  expect(found).toEqual(['2606:4700::1111', '1.1.1.1'])
  expect(asked).toBe(1)
  expect(await foundFor('https://8.8.8.8')).toEqual(['8.8.8.8'])
})

it('takes what operators allow, and no more', async () => {
  const allowed = networksOf(['10.1.0.0/16', 'loopback', 'fd00::/64'])
  expect(await foundFor('http://10.1.2.3', [], allowed)).toEqual(['10.1.2.3'])
  expect(await foundFor('http://[::ffff:10.1.2.3]', [], allowed)).toHaveLength(1)
  expect(await foundFor('http://[fd00::7]', [], allowed)).toEqual(['fd00::7'])
  expect(await foundFor('http://localhost', ['::1', '127.0.0.1'], allowed)).toEqual(['::1', '127.0.0.1'])
  expect(await foundFor('http://10.2.0.1', [], allowed)).toBe('AddressRefused')
  expect(await foundFor('http://169.254.169.254', [], allowed)).toBe('AddressRefused')
})
