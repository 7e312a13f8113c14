import type { RouteConfig } from '@hono/zod-openapi'
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { openApiDocument } from './openapi.ts'
import { operations } from './operations/operations.ts'

interface Example {
  example?: unknown
}
type Contents = Record<string, Example> | undefined

/** What an operation declares for JSON. */
const mediaOf = (part: object | undefined): { schema: z.ZodType } | undefined =>
  (part as { content?: Record<string, { schema: z.ZodType }> } | undefined)?.content?.['application/json']

const { paths = {} } = openApiDocument('0.0.0')
const cases = Object.entries(operations as Record<string, RouteConfig>).flatMap(([name, operation]) => {
  const described = paths[operation.path]?.[operation.method as 'get']
  const body = mediaOf(operation.request?.body)
  const bodyContent = described?.requestBody as { content?: Contents } | undefined
  const answers = Object.entries(operation.responses).flatMap(([status, response]) => {
    const content = mediaOf(response)
    const listed = described?.responses?.[status as '200'] as { content?: Contents } | undefined
    return content
      ? [
          {
            what: `${name} ${status}`,
            schema: content.schema,
            example: listed?.content?.['application/json'],
          },
        ]
      : []
  })
  return [
    ...(body
      ? [{ what: `${name} body`, schema: body.schema, example: bodyContent?.content?.['application/json'] }]
      : []),
    ...answers,
  ]
})

describe('the OpenAPI document', () => {
  it.each(cases)('has a valid example: $what', ({ schema, example }) => {
    expect(example).toHaveProperty('example')
    const { success, error } = schema.safeParse(example?.example)
    expect({ success, issues: error?.issues, example: example?.example }).toMatchObject({ success: true })
  })
})
