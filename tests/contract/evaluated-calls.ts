import { expect } from 'vitest'
import { type Answer, ask } from './ask.ts'
import { createApp, manage, type Release, release } from './operator.ts'
import type { Shape } from './shapes.ts'

export interface Evaluated {
  revision: number
  update: string
  pollSeconds: number
  varies: string[]
  overrides: string[]
  warnings?: { parameter: string; detail: string }[]
  data: Record<string, unknown>
  flags?: Record<string, { value?: unknown; variant?: string; reason: string }>
}

/** Reads `/v2/api/config/{appId}`; `path` may go on behind the appId. */
export const read = (shape: Shape, path: string, headers: Record<string, string> = {}): Promise<Answer> =>
  ask(`${shape.url}/v2/api/config/${path}`, { headers })

/** The same, where it must be answered. */
export const evaluate = async (shape: Shape, path: string): Promise<Evaluated> => {
  const answer = await read(shape, path)
  expect(answer.status, answer.text).toBe(200)
  return answer.json<Evaluated>()
}

/** A new app, or the next version of one, with this document live. */
export const publish = async (
  shape: Shape,
  document: object,
  app: { appId?: string; configVersion?: string; create?: object } = {},
): Promise<Release> => {
  const { configVersion = '1.0.0' } = app
  const appId = app.appId ?? (await createApp(shape, app.create ?? {})).appId
  const body = { configVersion, ...document }
  const saved = await manage(shape, 'POST', `/apps/${appId}/configs`, { body })
  expect(saved.status, saved.text).toBe(201)
  return release(shape, appId, configVersion)
}
