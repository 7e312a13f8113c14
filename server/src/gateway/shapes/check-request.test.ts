import { expect, it } from 'vitest'
import { boundBody, checkRequest } from './check-request.ts'

const limits = { maxBodyBytes: 5 }
const url = 'http://front.example/a?b=c'
const post = (body: string): Request =>
  new Request(url, { method: 'POST', body, headers: { 'content-length': String(body.length) } })

it('gives the URL in its one form', () => {
  expect(checkRequest(new Request(url), limits)).toBe(url)
  expect(checkRequest(new Request('http://front.example/%61?b=%63'), limits)).toBe(
    'http://front.example/a?b=%63',
  )
})

it('answers 405 with Allow to TRACE', () => {
  const request = new Request(url)
  Object.defineProperty(request, 'method', { value: 'TRACE' })
  const headers = { allow: 'GET, HEAD, OPTIONS' }
  expect(() => checkRequest(request, limits)).toThrow(
    expect.objectContaining({ code: 'method_not_allowed', headers }),
  )
})

it('answers 413 to a body that is announced too large, or becomes it', async () => {
  const tooLarge = expect.objectContaining({ code: 'body_too_large' })
  expect(checkRequest(post('12345'), limits)).toBe(url)
  expect(() => checkRequest(post('123456'), limits)).toThrow(tooLarge)
  const whole = (text: string) => new Response(boundBody(new Blob([text]).stream(), limits)).text()
  expect(await whole('12345')).toBe('12345')
  await expect(whole('123456')).rejects.toThrow(tooLarge)
})
