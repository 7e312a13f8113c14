import { expect } from 'vitest'
import { createApp, freshId, manage, type Page, type Release, readConfig, saveVersion } from './operator.ts'
import type { Shape } from './shapes.ts'

/** A release as its maker is told of it. */
export interface ReleaseMade extends Release {
  fanOut?: { apps: number; channels: number }
}

/** A fresh template. */
export const makeTemplate = async (shape: Shape, over: string | null = null): Promise<string> =>
  (await createApp(shape, { appId: freshId('template'), kind: 'template', extends: over })).appId

/** A fresh app. */
export const makeApp = async (shape: Shape, over: string | null): Promise<string> =>
  (await createApp(shape, { extends: over })).appId

/** Asks for a release. */
export const publish = (shape: Shape, appId: string, body: object, headers: Record<string, string> = {}) =>
  manage(shape, 'POST', `/apps/${appId}/releases`, { body, headers })

/** Makes a release. */
export const released = async (shape: Shape, appId: string, body: object): Promise<ReleaseMade> => {
  const answer = await publish(shape, appId, body)
  expect(answer.status, answer.text).toBe(201)
  return answer.json<ReleaseMade>()
}

/** Saves a version and releases it, on stable unless said otherwise. */
export const goesLive = async (
  shape: Shape,
  appId: string,
  configVersion: string,
  data: object,
  more: object = {},
): Promise<ReleaseMade> => {
  await saveVersion(shape, appId, configVersion, data)
  return released(shape, appId, { configVersion, ...more })
}

/** Asks for a change of an app. */
export const change = (shape: Shape, appId: string, body: object) =>
  manage(shape, 'PATCH', `/apps/${appId}`, { body })

/** What clients of an app get. */
export const dataOf = async (shape: Shape, appId: string): Promise<unknown> =>
  (await readConfig(shape, appId)).json<{ data: unknown }>().data

/** The history of a channel, newest first. */
export const history = async (shape: Shape, appId: string, channel = 'stable'): Promise<Release[]> =>
  (await manage(shape, 'GET', `/apps/${appId}/releases?channel=${channel}`)).json<Page<Release>>().items

/** What is live on a channel: the app's own version and that of its template. */
export const liveOn = async (shape: Shape, appId: string, channel = 'stable') => {
  const [newest] = await history(shape, appId, channel)
  return newest && [newest.configVersion, newest.baseVersion]
}
