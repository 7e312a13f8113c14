import { Problem } from '../../../../contract/problems.ts'
import type { SchemaSet, SetSchemaInput } from '../../../../contract/schema.ts'
import { openFleet } from '../rollouts/fleet.fixture.ts'
import { setSchema } from './set-schema.ts'

/** A fleet with schemas; each test takes names of its own. */
export const openSchemaFleet = async (own: Parameters<typeof openFleet>[0]) => {
  const fleet = await openFleet(own)
  let runs = 0
  const names = <Name extends string>(...all: Name[]): Record<Name, string> => {
    const run = ++runs
    return Object.fromEntries(all.map((name) => [name, `${name}-${run}`])) as Record<Name, string>
  }
  const set = (appId: string, schema: object, how: Partial<SetSchemaInput> = {}) =>
    fleet.admin(async (scope) => {
      const input = { schema: { ...schema }, dryRun: false, force: false, ...how }
      return (await setSchema(scope, appId, input, undefined)).body as SchemaSet
    })
  const publish = async (appId: string, version: string, data: Record<string, unknown>) => {
    await fleet.save(appId, version, data)
    return fleet.release(appId, version)
  }
  return { ...fleet, names, set, publish }
}

export type SchemaFleet = Awaited<ReturnType<typeof openSchemaFleet>>

/** The outcome of a change: `ok`, or the code and the places of its refusal. */
export const outcome = async (change: Promise<unknown>): Promise<string | string[]> => {
  try {
    await change
    return 'ok'
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const places = (error.errors ?? []).map(({ pointer, detail }) => `${pointer} ${detail}`)
    return [error.code, ...places]
  }
}

export const needs = (...keys: string[]) => ({ required: keys })
export const typed = (key: string, type: string) => ({ properties: { [key]: { type } } })
