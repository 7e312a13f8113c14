import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import { type Answer, ask, type Question } from './ask.ts'
import type { Shape } from './shapes.ts'

export interface App {
  appId: string
  name: string
  kind: string
  extends: string | null
  access: string
  labels: Record<string, string>
  requiresApproval: boolean
  attributes: Record<string, { type: string; description?: string }>
  pollSeconds: number | null
  allowedOrigins: string[] | null
  revision: number
  createdAt: string
  updatedAt: string
  archivedAt: string | null
}

export interface Release {
  revision: number
  appId: string
  channel: string
  configVersion: string
  baseVersion: string | null
  kind: string
  previousRevision: number | null
  rolloutId: number | null
  fleetReleaseId: number | null
  deprecationDate: string | null
  actor: string
  reason: string | null
  releasedAt: string
}

export interface Page<Item> {
  items: Item[]
  nextCursor: string | null
}

/** An appId no other test uses. */
export const freshId = (what = 'app'): string => `${what}.${randomBytes(6).toString('hex')}`

/** Asks the management API with the admin token. */
export const manage = (
  shape: Shape,
  method: string,
  path: string,
  question: Question = {},
): Promise<Answer> =>
  // Questions about an app have its public address.
  ask(`${shape.url}${path.startsWith('/v1/api/') ? '' : '/manage/v1'}${path}`, {
    ...question,
    method,
    headers: {
      authorization: `Bearer ${shape.token}`,
      ...(question.body !== undefined && { 'content-type': 'application/json' }),
      ...question.headers,
    },
  })

export interface Key {
  keyId: string
  name: string
  role: string
  appIds: string[] | null
  labels: Record<string, string> | null
  channel: string | null
  state: string
  expiresAt: string | null
  previousExpiresAt: string | null
  lastUsedOn: string | null
  createdBy: string
  createdAt: string
  revokedAt: string | null
  /** In the answer that made it, and nowhere else. */
  key: string
}

/** Makes a key under a fresh name. */
export const createKey = async (shape: Shape, input: Partial<Key>): Promise<Key> => {
  const body = { name: freshId('key'), ...input }
  return done(await manage(shape, 'POST', '/keys', { body }), 201).json<Key>()
}

/** The shape as somebody else sees it: whoever holds this key. */
export const as = (shape: Shape, { key }: Pick<Key, 'key'>): Shape => ({ ...shape, token: key })

export const readConfig = (
  shape: Shape,
  appId: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<Answer> => ask(`${shape.url}/v1/api/config/${appId}`, { method, headers })

const done = (answer: Answer, status: number): Answer => {
  expect(answer.status, answer.text).toBe(status)
  return answer
}

/** Creates an app under a fresh appId. */
export const createApp = async (shape: Shape, input: Partial<App> = {}): Promise<App> => {
  const body = { appId: freshId(), name: 'Contract', ...input }
  return done(await manage(shape, 'POST', '/apps', { body }), 201).json<App>()
}

/** Saves a version of an app. */
export const saveVersion = async (
  shape: Shape,
  appId: string,
  configVersion: string,
  data: object = { on: true },
): Promise<void> => {
  done(await manage(shape, 'POST', `/apps/${appId}/configs`, { body: { configVersion, data } }), 201)
}

/** Releases a version of an app that has it. */
export const release = async (shape: Shape, appId: string, configVersion: string): Promise<Release> => {
  const answer = await manage(shape, 'POST', `/apps/${appId}/releases`, { body: { configVersion } })
  return done(answer, 201).json<Release>()
}

/** A fresh app with this data live as its version 1.0.0. */
export const publishApp = async (shape: Shape, data: object = { on: true }): Promise<Release> => {
  const { appId } = await createApp(shape)
  await saveVersion(shape, appId, '1.0.0', data)
  return release(shape, appId, '1.0.0')
}

/** Data that every coding makes smaller. */
export const largeData = { texts: Array.from({ length: 60 }, (_, i) => `The text of a screen, number ${i}`) }

export interface AuditEntry {
  id: number
  at: string
  actor: string
  action: string
  appId: string | null
  target: string | null
  before: Record<string, unknown> | null
  after: Record<string, unknown> | null
  reason: string | null
  requestId: string | null
  hash: string
}

/** The newest rows of the audit log, of one app where one is named. */
export const readAudit = async (shape: Shape, appId?: string): Promise<AuditEntry[]> => {
  const answer = await manage(shape, 'GET', `/audit?limit=50${appId ? `&appId=${appId}` : ''}`)
  return done(answer, 200).json<Page<AuditEntry>>().items
}

/** The newest entry, but for rollouts: those that other tests began go on by themselves meanwhile. */
export const newestAudit = async (shape: Shape): Promise<AuditEntry | undefined> =>
  (await readAudit(shape)).find(({ action }) => !action.startsWith('rollout.'))
