import { expect } from 'vitest'
import type { FleetReleaseMade } from '../../contract/fleet.ts'
import type { Answer } from './ask.ts'
import {
  createApp,
  freshId,
  manage,
  type Page,
  type Release,
  readConfig,
  release,
  saveVersion,
} from './operator.ts'
import type { Shape } from './shapes.ts'

export interface SmallFleet {
  template: string
  labels: Record<string, string>
  appIds: string[]
}

/** Three apps on a template, each with 1.0.0 live and 1.1.0 waiting. */
export const smallFleet = async (shape: Shape): Promise<SmallFleet> => {
  const { appId: template } = await createApp(shape, { kind: 'template', appId: freshId('template') })
  await saveVersion(shape, template, '1.0.0', { theme: { primary: 'blue', dark: false } })
  await release(shape, template, '1.0.0')
  const labels = { fleet: freshId('label') }
  const appIds = ['a', 'b', 'c'].map((name) => freshId(name))
  for (const appId of appIds) {
    await createApp(shape, { appId, labels, extends: template } as object)
    await saveVersion(shape, appId, '1.0.0', { name: appId })
    await release(shape, appId, '1.0.0')
    await saveVersion(shape, appId, '1.1.0', { name: appId, beta: true })
  }
  return { template, labels, appIds }
}

/** Asks for a release over many apps. */
export const releaseFleet = (
  shape: Shape,
  body: object,
  headers: Record<string, string> = {},
): Promise<Answer> => manage(shape, 'POST', '/fleet/releases', { body, headers })

/** What a fleet release was answered with, once it is what was expected. */
export const made = (answer: Answer, status = 201): FleetReleaseMade => {
  expect(answer.status, answer.text).toBe(status)
  return answer.json<FleetReleaseMade>()
}

/** What the clients of each app get. */
export const liveVersions = async (shape: Shape, appIds: readonly string[]): Promise<unknown[]> =>
  Promise.all(appIds.map(async (appId) => (await readConfig(shape, appId)).json().configVersion))

/** The releases of an app, newest first. */
export const history = async (shape: Shape, appId: string): Promise<Release[]> =>
  (await manage(shape, 'GET', `/apps/${appId}/releases`)).json<Page<Release>>().items

/** Asks for a fleet release to be taken back. */
export const rollBack = (shape: Shape, fleetReleaseId: unknown, body: object = {}): Promise<Answer> =>
  manage(shape, 'POST', `/fleet/releases/${fleetReleaseId}/rollback`, { body })
