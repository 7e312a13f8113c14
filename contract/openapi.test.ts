import type { RouteConfig } from '@hono/zod-openapi'
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { diffConfigs } from './diff-configs.ts'
import type { ImportSummary } from './fleet.ts'
import { openApiDocument } from './openapi.ts'
import { operations } from './operations/operations.ts'
import { problem } from './operations/responses.ts'
import { problems } from './problems.ts'

interface Example {
  example?: unknown
}
type Contents = Record<string, Example> | undefined

/** What an operation declares for JSON. */
const mediaOf = (part: object | undefined): { schema: z.ZodType } | undefined =>
  (part as { content?: Record<string, { schema: z.ZodType }> } | undefined)?.content?.['application/json']

const { paths = {}, components = {} } = openApiDocument('0.0.0')
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

interface Listed {
  description: string
  content?: Record<string, { examples?: object }>
}

const exampleOf = (asked: string): unknown => cases.find(({ what }) => what === asked)?.example?.example

describe('the OpenAPI document', () => {
  it.each(cases)('has a valid example: $what', ({ schema, example }) => {
    expect(example).toHaveProperty('example')
    const { success, error } = schema.safeParse(example?.example)
    expect({ success, issues: error?.issues, example: example?.example }).toMatchObject({ success: true })
  })

  it.each(Object.entries(problems))('has an example of the problem %s', (code, { title, status }) => {
    const value = {
      ...{ type: `urn:parasol:problem:${code}`, code, title, status },
      detail: expect.any(String),
    }
    expect(components.examples?.[code]).toMatchObject({ summary: title, value })
    expect(problem.safeParse(Reflect.get(components.examples?.[code] ?? {}, 'value')).success).toBe(true)
  })

  it('shows the problems of every refusal it names, and no other', () => {
    for (const { responses } of Object.values(paths).flatMap((methods) => Object.values(methods))) {
      for (const { description, content } of Object.values(responses as Record<string, Listed>)) {
        const media = content?.['application/problem+json']
        if (media === undefined) continue
        const codes = [...description.matchAll(/`(\w+)`/g)].map(([, code]) => code)
        expect(Object.entries(media.examples ?? {})).toEqual(
          codes.map((code) => [code, { $ref: `#/components/examples/${code}` }]),
        )
      }
    }
  })

  it('shows a diff that its two versions have', () => {
    const version = (configVersion: string, primary: string) => ({
      configVersion,
      data: { theme: { primary } },
    })
    const diff = diffConfigs(version('1.3.0', '#000000'), version('1.4.0', '#0a84ff'))
    expect(exampleOf('diffVersions 200')).toEqual(diff)
    expect(exampleOf('readRelease 200')).toMatchObject({ revision: 42, previousRevision: 41, diff })
    expect(exampleOf('readRelease 200')).not.toHaveProperty('diff.0')
  })

  it('shows an import in which each line was one of created, changed, unchanged and refused', () => {
    const { lines, created, changed, unchanged, refused, items } = exampleOf(
      'importFleet 200',
    ) as ImportSummary
    expect(created + changed + unchanged + refused).toBe(lines)
    const results = items.map(({ result }) => result).sort()
    expect(results).toEqual(['change', 'create', 'refused'])
  })
})
