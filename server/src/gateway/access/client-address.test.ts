import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { noteSource } from '../../platform/http/remote-address.ts'
import { type Client, createClientAddress } from './client-address.ts'

const clientOf = (
  remoteAddress: string | undefined,
  headers: Record<string, string>,
  options: Partial<{ trustedProxies: readonly string[]; forwardedHeader: string }> = {},
): Client => {
  const request = new Request('http://config.example/v1/api/config/shop', { headers })
  if (remoteAddress !== undefined) noteSource(request, { remoteAddress })
  return createClientAddress({
    trustedProxies: ['10.0.0.0/8', 'fd00::/8'],
    forwardedHeader: 'X-Forwarded-For',
    ...options,
  })(request)
}
const listed = (value: string): string => clientOf('10.0.0.1', { 'x-forwarded-for': value }).address
const forwarded = (value: string): Client =>
  clientOf('10.0.0.1', { forwarded: value }, { forwardedHeader: 'Forwarded' })

describe('without a trusted proxy', () => {
  it('is the other end of the connection, whatever headers say', () => {
    const headers = {
      'x-forwarded-for': '198.51.100.1',
      forwarded: 'for=198.51.100.1;proto=https',
      'x-forwarded-proto': 'https',
    }
    const direct = {
      address: '203.0.113.9',
      prefix: '203.0.113.9',
      proto: undefined,
      host: undefined,
    }
    expect(clientOf('203.0.113.9', headers)).toEqual(direct)
    expect(clientOf('203.0.113.9', headers, { trustedProxies: [] })).toEqual(direct)
    expect(clientOf('10.0.0.1', headers, { trustedProxies: [] }).address).toBe('10.0.0.1')
    expect(clientOf('::ffff:203.0.113.9', headers)).toEqual(direct)
    expect(clientOf('2001:db8::7', headers).prefix).toBe('2001:db8:0:0::/64')
    expect(clientOf('fe80::1%eth0', headers).address).toBe('fe80::1')
  })

  it('is the very same object each time: nothing is made for a request', () => {
    const of = createClientAddress({ trustedProxies: [], forwardedHeader: 'X-Forwarded-For' })
    const ask = (): Client => {
      const request = new Request('http://config.example/')
      noteSource(request, { remoteAddress: '203.0.113.9' })
      return of(request)
    }
    expect(ask()).toBe(ask())
  })

  it('is unknown where there is no connection any more', () => {
    expect(clientOf(undefined, { 'x-forwarded-for': '198.51.100.1' }).address).toBe('unknown')
  })
})

describe('a list of addresses', () => {
  it.each([
    ['198.51.100.1', '198.51.100.1'],
    ['  198.51.100.1\t', '198.51.100.1'],
    ['6.6.6.6, 198.51.100.1', '198.51.100.1'],
    ['6.6.6.6, 198.51.100.1, 10.0.0.2, fd00::3', '198.51.100.1'],
    ['10.0.0.4, 10.0.0.3', '10.0.0.4'],
    ['198.51.100.1:4711', '198.51.100.1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['2001:db8::1', '2001:db8::1'],
    ['::ffff:198.51.100.1', '198.51.100.1'],
  ])('%j comes from %s', (value, address) => {
    expect(listed(value)).toBe(address)
  })

  it.each([
    ...['', ',', '198.51.100.1,', 'unknown', '"198.51.100.1"', '198.51.100.1 198.51.100.2', '[198.51.100.1]'],
    ...['198.51.100.1;', '198.51.100.256', 'for=198.51.100.1', '<script>', '[2001:db8::1', '::1%eth0'],
  ])('%j ends the way: the proxy is the client', (value) => {
    expect(listed(value)).toBe('10.0.0.1')
  })

  it('that is malformed further on ends there', () => {
    expect(listed('198.51.100.1, nonsense, 10.0.0.3, 10.0.0.2')).toBe('10.0.0.3')
  })

  it('of endless proxies ends', () => {
    expect(listed(`198.51.100.1${', 10.0.0.2'.repeat(1_000)}`)).toBe('10.0.0.2')
  })

  it.each([
    ['198.51.100.1', 'https', 'a.example', 'https', 'a.example'],
    ['198.51.100.1, 10.0.0.2', 'https', 'a.example', 'https', 'a.example'],
    ['198.51.100.1, 10.0.0.2', 'https, http', 'a.example:8443, b', 'https', 'a.example:8443'],
    ['6.6.6.6, 198.51.100.1', 'https, http', 'evil.example, a.example', 'http', 'a.example'],
    ['nonsense', 'HTTPS', '[::1]:80', 'https', '[::1]:80'],
    ['198.51.100.1', 'gopher', 'a b', undefined, undefined],
  ])('%s with %s and %s', (list, proto, host, isProto, isHost) => {
    const headers = { 'x-forwarded-for': list, 'x-forwarded-proto': proto, 'x-forwarded-host': host }
    expect(clientOf('10.0.0.1', headers)).toMatchObject({ proto: isProto, host: isHost })
  })

  it('may be in the header of a CDN; another one is not looked at', () => {
    const headers = {
      'cf-connecting-ip': '198.51.100.1',
      'x-forwarded-for': '6.6.6.6',
      forwarded: 'for=6.6.6.6',
    }
    const options = { forwardedHeader: 'CF-Connecting-IP' }
    expect(clientOf('10.0.0.1', headers, options).address).toBe('198.51.100.1')
  })

  const anyText = fc.string({ unit: fc.constantFrom(...'0123456789abcf.:,[] "\\;=_%') })
  const address = fc.oneof(fc.ipV4(), fc.ipV6())
  const isTrusted = (text: string): boolean => /^(10\.|fd)/i.test(text)

  it('is not moved by anything that a client puts before what its proxy adds', () => {
    fc.assert(
      fc.property(
        anyText,
        address.filter((one) => !isTrusted(one)),
        fc.nat(3),
        (garbage, client, proxies) => {
          const added = [client, ...Array<string>(proxies).fill('10.0.0.2')].join(', ')
          expect(listed(`${garbage}, ${added}`)).toBe(listed(client))
        },
      ),
    )
  })

  it('gives an address whatever it is', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(listed(text)).toMatch(/^[\d.]+$|^[\da-f:.]+$/)
      }),
    )
  })
})

describe('Forwarded', () => {
  it.each<[string, string, string?, string?]>([
    ['for=198.51.100.1', '198.51.100.1'],
    ['FOR="198.51.100.1:4711";Proto=https;by=10.0.0.1;host=a.example', '198.51.100.1', 'https', 'a.example'],
    ['for="[2001:db8::1]:_port"', '2001:db8::1'],
    [
      'for=6.6.6.6;proto=http, for=198.51.100.1;proto=https, for=10.0.0.2;proto=http',
      '198.51.100.1',
      'https',
    ],
    ['for=198.51.100.1;secret="a,b;c\\"d"', '198.51.100.1'],
    ['for=6.6.6.6, for="198.51.100.1";host="x, for=6.6.6.6"', '198.51.100.1'],
    ['for=6.6.6.6, for=198.51.100.1;host="x\\", for=6.6.6.6;p=\\""', '198.51.100.1'],
    ['for="6.6.6.6, for=198.51.100.1;proto=https', '198.51.100.1', 'https'],
  ])('%s', (value, address, proto, host) => {
    expect(forwarded(value)).toMatchObject({ address, proto, host })
  })

  it.each([
    ...['for=unknown', 'for=_hidden', 'for=', 'for', '', '=', 'for=1.2.3.4;for=1.2.3.5', 'for="1.2.3.4'],
    ...[
      '198.51.100.1',
      'by=198.51.100.1',
      'for=198.51.100.1 proto=https',
      'for=198.51.100.1,',
      'for = 1.2.3.4',
    ],
  ])('%j ends the way: the proxy is the client', (value) => {
    expect(forwarded(value).address).toBe('10.0.0.1')
  })

  it('tells the protocol also of a client whose address is hidden', () => {
    expect(forwarded('for=_hidden;proto=https')).toMatchObject({ address: '10.0.0.1', proto: 'https' })
  })

  it('is not moved by anything that a client puts before what its proxy adds', () => {
    const text = fc.string({ unit: fc.constantFrom('for=', '6.6.6.6', 'host=', ...'",\\;= a_') })
    // A proxy quotes what it was told, a name of a host for example.
    const quoted = text.map((one) => `"${one.replace(/["\\]/g, '\\$&')}"`)
    fc.assert(
      fc.property(text, quoted, fc.boolean(), (garbage, host, isLast) => {
        const added = isLast ? `for=198.51.100.1;host=${host}` : `host=${host};for=198.51.100.1`
        expect(forwarded(`${garbage}, ${added}, for=10.0.0.2`).address).toBe('198.51.100.1')
      }),
    )
  })
})
