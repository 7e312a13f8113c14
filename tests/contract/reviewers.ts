import { expect } from 'vitest'
import type { Proposal } from '../../contract/review.ts'
import type { Answer } from './ask.ts'
import {
  as,
  createApp,
  createKey,
  freshId,
  manage,
  type Page,
  type Release,
  saveVersion,
} from './operator.ts'
import type { Shape } from './shapes.ts'

/** Somebody of this role, with a key of their own. */
export const person = async (shape: Shape, role: string): Promise<Shape & { name: string }> => {
  const key = await createKey(shape, { role, name: freshId(role) })
  return { ...as(shape, key), name: key.name }
}

/** An app whose releases need approval, with a version 1.0.0 that has not been released. */
export const guarded = async (shape: Shape): Promise<string> => {
  const { appId } = await createApp(shape, { requiresApproval: true } as object)
  await saveVersion(shape, appId, '1.0.0', { price: 1 })
  return appId
}

/** Proposes the release of 1.0.0, unless told otherwise. */
export const propose = async (shape: Shape, appId: string, input: object = {}): Promise<Proposal> => {
  const body = { release: { configVersion: '1.0.0', reason: 'the new price' }, ...input }
  const answer = await manage(shape, 'POST', `/apps/${appId}/proposals`, { body })
  expect(answer.status, answer.text).toBe(201)
  return answer.json<Proposal>()
}
export const decide = (
  shape: Shape,
  { proposalId }: Proposal,
  verb: 'approve' | 'reject',
  body: object = {},
  headers: Record<string, string> = {},
): Promise<Answer> => manage(shape, 'POST', `/proposals/${proposalId}/${verb}`, { body, headers })
export const approve = async (shape: Shape, proposal: Proposal): Promise<Proposal> => {
  const answer = await decide(shape, proposal, 'approve')
  expect(answer.status, answer.text).toBe(200)
  return answer.json<Proposal>()
}
export const read = async (shape: Shape, { proposalId }: Proposal): Promise<Proposal> =>
  (await manage(shape, 'GET', `/proposals/${proposalId}`)).json<Proposal>()
export const historyOf = async (shape: Shape, appId: string): Promise<Release[]> =>
  (await manage(shape, 'GET', `/apps/${appId}/releases`)).json<Page<Release>>().items

export const releaseNow = (shape: Shape, appId: string, more: object = {}): Promise<Answer> =>
  manage(shape, 'POST', `/apps/${appId}/releases`, { body: { configVersion: '1.0.0', ...more } })
export const change = async (shape: Shape, appId: string, body: object): Promise<Answer> => {
  const answer = await manage(shape, 'PATCH', `/apps/${appId}`, { body })
  expect(answer.status, answer.text).toBe(200)
  return answer
}
