import { expect, it } from 'vitest'
import { originOf } from './dial.ts'

it.each([
  ['http://a.example', 'a.example', 80, undefined],
  ['http://[::1]:8081', '::1', 8_081, undefined],
  ['https://a.example', 'a.example', 443, 'a.example'],
  ['https://[2001:db8::1]:8443', '2001:db8::1', 8_443, '2001:db8::1'],
])('is for %s at %s, port %d', (url, hostname, port, serverName) => {
  const base = new URL(url)
  expect(originOf(base, base.host)).toMatchObject({ hostname, port, serverName })
})

it('has the certificate that it needs for the name that is asked for', () => {
  const base = new URL('https://10.0.0.1:8443')
  expect(originOf(base, 'inner.example:8443')).toMatchObject({
    hostname: '10.0.0.1',
    serverName: 'inner.example',
  })
})
