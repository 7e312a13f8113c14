import { expect, it } from 'vitest'
import { pathOf } from '../../platform/http/observe.ts'
import { liftKey } from './key-in-address.ts'

const lift = (target: string, headers: Record<string, string> = {}, method = 'GET') => {
  const request = new Request(`http://front.example${target}`, { method, headers })
  const lifted = liftKey(request, pathOf(request.url))
  const { pathname, search } = new URL(lifted.url)
  return {
    isSame: lifted === request,
    target: pathname + search,
    key: lifted.headers.get('x-api-key'),
    from: lifted.headers.get('parasol-key-from'),
  }
}
const stream = '/v2/api/config/shop/stream'

it.each([
  ['?key=parasol_a', ''],
  ['?as=ofrep&key=parasol_a&revision=4', '?as=ofrep&revision=4'],
  ['?k%65y=parasol%5Fa&x=%20', '?x=%20'],
  ['?key=parasol_a&key=parasol_b&+=', '?+='],
])('puts the key of a stream into a header: %s', (query, rest) => {
  const { target, key, from } = lift(stream + query)
  expect([target, key, from]).toEqual([stream + rest, 'parasol_a', 'address'])
})

it('puts the key of who sends events into a header, and of nobody else there', () => {
  const events = '/v1/api/analytics/shop/events'
  expect(lift(`${events}?key=parasol_a`, {}, 'POST')).toMatchObject({
    ...{ target: events, key: 'parasol_a', from: 'address' },
  })
  for (const [target, method] of [
    [`${events}?key=a`, 'GET'],
    [events, 'POST'],
    ['/v1/api/analytics/events?key=a', 'POST'],
    ['/v1/api/config/events?key=a', 'POST'],
  ] as const) {
    expect(lift(target, {}, method)).toMatchObject({ isSame: true, target, key: null })
  }
})

it('lets the key in a header go before, and keeps the other one out of the address all the same', () => {
  const lifted = lift(`/beta/api/config/shop/stream?key=b`, { 'x-api-key': 'a' })
  expect(lifted).toMatchObject({ target: '/beta/api/config/shop/stream', key: 'a', from: null })
})

it.each(['%0d%0aX-Evil:%201', '%E2%82%AC', '%ED%A0%80', '%20'])(
  'takes %j for a key that nobody has',
  (text) => {
    const { key, target } = lift(`${stream}?key=${text}`)
    expect(target).toBe(stream)
    expect(key).toMatch(/^[\x21-\x7e]+$/)
  },
)

it.each([
  stream,
  `${stream}?as=ofrep`,
  '/v2/api/config/shop?key=theme',
  '/v1/api/config/stream?key=a',
  '/catalog/stream?key=a',
])('leaves %s as it is', (target) => {
  expect(lift(target)).toMatchObject({ isSame: true, target, key: null })
})
