import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, ask } from './ask.ts'
import type { Shape } from './shapes.ts'

export interface Evaluation {
  /** Of one flag, as it stands in the path; else of all. */
  flag?: string
  context?: Record<string, unknown>
  /** In the place of a context. */
  body?: object | string | Buffer
  headers?: Record<string, string>
  query?: string
  api?: 'v1' | 'v2' | 'beta'
  method?: string
}

export interface OneFlag {
  key: string
  value?: unknown
  variant?: string
  reason?: string
  errorCode?: string
  metadata: Record<string, unknown>
}

export interface AllFlags {
  flags: OneFlag[]
  metadata: Record<string, unknown>
  eventStreams: { type: string; endpoint: { requestUri: string } }[]
}

/** Asks over OFREP, once. */
export const evaluateOnce = (shape: Shape, appId: string, evaluation: Evaluation = {}): Promise<Answer> => {
  const { flag, context = {}, headers, query = '', api = 'v2', method = 'POST' } = evaluation
  const path = `${api}/api/config/${appId}/ofrep/v1/evaluate/flags${flag === undefined ? '' : `/${flag}`}`
  return ask(`${shape.url}/${path}${query}`, {
    method,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    ...(method === 'POST' && { body: evaluation.body ?? { context } }),
  })
}

/** The same, again when the node says that it was too often. */
export const evaluate = async (shape: Shape, appId: string, evaluation: Evaluation = {}): Promise<Answer> => {
  for (;;) {
    const answer = await evaluateOnce(shape, appId, evaluation)
    if (answer.status !== 429) return answer
    await sleep(1_000 * Number(answer.headers['retry-after']))
  }
}
