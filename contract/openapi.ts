import { OpenAPIHono } from '@hono/zod-openapi'
import { addExamples } from './openapi-examples.ts'
import { operations } from './operations/operations.ts'
import { problemExamples } from './operations/responses.ts'

const description = `Parasol delivers config to fleets of apps. Public reads need no key; management needs the bearer token
that the first start printed. Errors are RFC 9457 problem+json with a stable \`code\`.`

/** The OpenAPI 3.1 document of everything in the operation table. */
export const openApiDocument = (version: string) => {
  const { openAPIRegistry, getOpenAPI31Document } = new OpenAPIHono()
  openAPIRegistry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' })
  for (const [code, example] of Object.entries(problemExamples)) {
    openAPIRegistry.registerComponent('examples', code, example)
  }
  for (const operation of Object.values(operations)) openAPIRegistry.registerPath(operation)
  const document = getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Parasol',
      version,
      description,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: '/' }],
  })
  addExamples(document)
  return document
}
