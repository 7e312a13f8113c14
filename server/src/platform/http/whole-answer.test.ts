import { expect, it } from 'vitest'
import { noLongerWhole, wholeAnswer, wholeOf } from './whole-answer.ts'

const whole = {
  fields: { 'content-type': 'text/plain', 'content-length': '2' },
  bytes: new Uint8Array([104, 105]),
}

it('is a Response like any other, which tells what it is made of until it is changed', async () => {
  const response = wholeAnswer(201, whole)
  expect(wholeOf(response)).toEqual(whole)
  expect(wholeOf(new Response('hi'))).toBeUndefined()
  noLongerWhole(response)
  expect(wholeOf(response)).toBeUndefined()
  expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
    201,
    'text/plain',
    'hi',
  ])
})
