import { expect } from 'vitest'
import type { AppSchema, SchemaSet } from '../../contract/schema.ts'
import { manage } from './operator.ts'
import type { Shape } from './shapes.ts'

export const putSchema = (
  shape: Shape,
  appId: string,
  schema: object,
  how: object = {},
  headers: Record<string, string> = {},
) => manage(shape, 'PUT', `/apps/${appId}/schema`, { body: { schema, ...how }, headers })
export const setSchema = async (
  shape: Shape,
  appId: string,
  schema: object,
  how: object = {},
): Promise<SchemaSet> => {
  const answer = await putSchema(shape, appId, schema, how)
  expect(answer.status, answer.text).toBe(200)
  return answer.json<SchemaSet>()
}
export const readSchema = async (shape: Shape, appId: string): Promise<AppSchema> =>
  (await manage(shape, 'GET', `/apps/${appId}/schema`)).json<AppSchema>()
export const saveData = (shape: Shape, appId: string, configVersion: string, data: object) =>
  manage(shape, 'POST', `/apps/${appId}/configs`, { body: { configVersion, data } })
