import { expect } from 'vitest'
import { type ProblemCode, problems } from '../../contract/problems.ts'
import type { Answer } from './ask.ts'

export interface ProblemBody {
  type: string
  title: string
  status: number
  code: string
  detail: string
  errors?: { code: string; detail: string; pointer?: string; parameter?: string }[]
  instance: string
  requestId: string
}

/** Expects an RFC 9457 answer with this code of the table, whole and consistent (`further`: with these members too), and returns it. */
export const expectProblem = (
  answer: Answer,
  code: ProblemCode,
  further: readonly string[] = [],
): ProblemBody => {
  expect({ status: answer.status, text: answer.text }).toEqual({
    status: problems[code].status,
    text: expect.stringContaining(`"code":"${code}"`),
  })
  expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8')
  const body = answer.json<ProblemBody>()
  const members = ['type', 'title', 'status', 'code', 'detail', 'errors', ...further, 'instance', 'requestId']
  expect(Object.keys(body)).toEqual(members.filter((member) => member !== 'errors' || body.errors))
  expect(body).toMatchObject({
    type: `urn:parasol:problem:${code}`,
    title: problems[code].title,
    status: answer.status,
    code,
    instance: `urn:parasol:request:${body.requestId}`,
    requestId: answer.headers['x-request-id'],
  })
  expect(body.detail).not.toBe('')
  return body
}

/** The places a problem names: the JSON pointers and parameters of its errors, each with its code. */
export const places = (body: ProblemBody): string[] =>
  (body.errors ?? []).map((error) => `${error.code} ${error.pointer ?? error.parameter}`)
