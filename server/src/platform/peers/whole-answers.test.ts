import { expect, it } from 'vitest'
import { wholeOf } from '../http/whole-answer.ts'
import { poolOf, rawUpstream } from './upstream.fixture.ts'

it('an answer in one piece is known as a whole, with its length, also where it came in chunks', async () => {
  const head = 'HTTP/1.1 200 OK\r\nconnection: close, x-own\r\nx-own: 1\r\nconstructor: any name\r\n'
  const body = 'transfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n'
  const { url } = await rawUpstream((socket) => socket.end(head + body))
  const response = await poolOf([url]).ask()
  const { fields, bytes } = wholeOf(response) ?? { fields: {}, bytes: undefined }
  expect(fields).toMatchObject({ constructor: 'any name', 'content-length': '3' })
  expect(Object.keys(fields)).not.toContain('x-own')
  expect(String(bytes)).toBe('abc')
  expect(await response.text()).toBe('abc')
})

it.each([
  ['two cookies', 'HTTP/1.1 200 OK\r\nset-cookie: a=1\r\nset-cookie: b=2\r\ncontent-length: 2\r\n\r\nok'],
  ['a status without a name', 'HTTP/1.1 299 Odd\r\ncontent-length: 2\r\n\r\nok'],
])('one with %s goes as it came', async (_, text) => {
  const { url } = await rawUpstream((socket) => socket.end(text))
  const response = await poolOf([url]).ask()
  expect(wholeOf(response)).toBeUndefined()
  expect(await response.text()).toBe('ok')
})

it('one of which a part is missing yet is a stream', async () => {
  const { url } = await rawUpstream((socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nok')
    setImmediate(() => setImmediate(() => socket.end('ok')))
  })
  const response = await poolOf([url]).ask()
  expect(await response.text()).toBe('okok')
})
