import { request } from 'node:http'
import { afterEach, expect, it, vi } from 'vitest'
import { fieldsOf } from './header-fields.ts'
import { listen } from './listen-node.ts'
import type { Listener } from './listener.ts'

let listener: Listener | undefined
afterEach(() => listener?.close(0))

it('finds what a received request has, and looks for nothing else in its Headers', async () => {
  const seen: unknown[] = []
  listener = await listen(
    (asked) => {
      const get = vi.spyOn(asked.headers, 'get')
      const fields = fieldsOf(asked)
      seen.push(fields.get('range'), fields.has('range'), fields.has('if-match'), get.mock.calls.length)
      seen.push(fields.get('if-none-match'), fields.has('accept'), get.mock.calls.length)
      seen.push(fields.get('if-modified-since'), get.mock.calls.length)
      return new Response()
    },
    { host: '127.0.0.1', port: 0, onUnreadable: () => {} },
  )
  const { url } = listener
  const twice = [
    'IF-None-Match',
    '"a"',
    'if-none-match',
    ' "b" ',
    'If-Modified-Since',
    'a',
    'If-Modified-Since',
    'b',
  ]
  const headers = ['Host', 'x.example', ...twice, 'Accept', 'text/plain']
  await new Promise((resolve) =>
    request(url, { headers }, (answer) => answer.resume().on('end', resolve)).end(),
  )
  expect(seen).toEqual([null, false, false, 0, '"a", "b"', true, 0, 'a, b', 1])
})

it('reads any other Request too', () => {
  const fields = fieldsOf(new Request('http://x.example', { headers: { range: 'bytes=0-1' } }))
  expect([fields.get('range'), fields.has('range'), fields.has('if-range')]).toEqual([
    'bytes=0-1',
    true,
    false,
  ])
})
