import { z } from '@hono/zod-openapi'
import type { Role } from '../key.ts'
import { Problem, type ProblemCode, problemBody, problems } from '../problems.ts'

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

interface NamedExamples {
  [code: string]: { $ref: string }
}
interface Refusal {
  description: string
  content: { 'application/problem+json': { schema: typeof problem; examples: NamedExamples } }
}

/** An example of each problem there is, to stand once in the document and be referred to by every answer that has it. */
export const problemExamples = Object.fromEntries(
  Object.entries(problems).map(([code, { title }]) => {
    const value = problemBody(new Problem(code as ProblemCode), '5b1c7e0a9d3f4e6c8a2b0d1f3e5a7c9b')
    return [code, { summary: title, value }]
  }),
)

/** The OpenAPI answers for a set of problem codes: one entry a status, naming each code. */
export const refusals = (...codes: ProblemCode[]) => {
  const byStatus: Record<number, Refusal> = {}
  for (const code of codes) {
    const { status, title } = problems[code]
    const known = byStatus[status]
    const examples = {
      ...known?.content['application/problem+json'].examples,
      [code]: { $ref: `#/components/examples/${code}` },
    }
    const line = `\`${code}\`: ${title}`
    byStatus[status] = {
      description: known ? `${known.description}; ${line}` : line,
      content: { 'application/problem+json': { schema: problem, examples } },
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
