import { z } from '@hono/zod-openapi'
import type { Role } from '../key.ts'
import { type ProblemCode, problems } from '../problems.ts'

export const problem = z
  .object({
    type: z.string().openapi({ example: 'urn:parasol:problem:app_not_found' }),
    title: z.string(),
    status: z.number().int(),
    code: z.string().openapi({ example: 'app_not_found' }),
    detail: z.string(),
    errors: z
      .array(
        z.object({
          code: z.string(),
          detail: z.string(),
          pointer: z.string().optional(),
          parameter: z.string().optional(),
        }),
      )
      .optional(),
    instance: z.string(),
    requestId: z.string(),
  })
  .openapi('Problem')

const problemContent = { 'application/problem+json': { schema: problem } }

/** The OpenAPI answers for a set of problem codes: one entry a status, naming each code. */
export const refusals = (...codes: ProblemCode[]) => {
  const byStatus: Record<number, { description: string; content: typeof problemContent }> = {}
  for (const code of codes) {
    const { status, title } = problems[code]
    const known = byStatus[status]
    const line = `\`${code}\`: ${title}`
    byStatus[status] = {
      description: known ? `${known.description}; ${line}` : line,
      content: problemContent,
    }
  }
  return byStatus
}

/** A JSON answer of one shape. */
export const json = <T extends z.ZodType>(schema: T, description: string) => ({
  description,
  content: { 'application/json': { schema } },
})

/** What every management operation may refuse, whatever it does. */
export const managementRefusals: ProblemCode[] = [
  'unknown_parameter',
  'unauthorized',
  'forbidden',
  'store_unavailable',
]

/** What every operation with a body may refuse. */
export const bodyRefusals: ProblemCode[] = [
  'invalid_json',
  'body_too_large',
  'unsupported_media_type',
  'unknown_field',
  'missing_field',
  'invalid_field',
  'duplicate_key',
  'forbidden_key',
  'too_deep',
  'number_out_of_range',
  'unsupported_character',
]

/** Who may call an operation: holders of a token with this role or a higher one. */
export const forRole = (role: Role) => ({ security: [{ bearer: [] }], 'x-parasol-role': role })
