import type { z } from '@hono/zod-openapi'
import { Problem, type ProblemCode, type ProblemError, problemOf } from '../../../../contract/problems.ts'
import { typeWords } from '../../../../contract/type-words.ts'

type Issue = z.core.$ZodIssue

const pointerOf = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

const codeOf = (issue: Issue, value: unknown): ProblemCode => {
  if (issue.code === 'custom' && typeof issue.params?.code === 'string')
    return issue.params.code as ProblemCode
  const isAboutAll = issue.code === 'invalid_type' || issue.code === 'invalid_value'
  return isAboutAll && value === undefined ? 'missing_field' : 'invalid_field'
}

const valueAt = (root: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], root)

/** Whether a value had the shape of this alternative, with faults further down: then those are what to tell. */
const isOfItsKind = (issues: readonly Issue[]): boolean =>
  !issues.some(({ code, path }) => path.length === 0 && (code === 'invalid_type' || code === 'invalid_value'))

/** Of several alternatives whose shape a value had, the one with the fewest faults is what was meant. */
const nearestOf = (alternatives: readonly (readonly Issue[])[]): readonly Issue[] | undefined => {
  const faults = (issues: readonly Issue[]): number =>
    issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0)
  return alternatives.filter(isOfItsKind).sort((one, other) => faults(one) - faults(other))[0]
}

const bodyErrors = (issue: Issue, body: unknown): ProblemError[] => {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      code: 'unknown_field' as const,
      pointer: pointerOf([...issue.path, key]),
      detail: 'this field is not known here; remove it or check its spelling',
    }))
  }
  const meant = issue.code === 'invalid_union' ? nearestOf(issue.errors) : undefined
  if (meant) {
    return meant.flatMap((inner) => bodyErrors({ ...inner, path: [...issue.path, ...inner.path] }, body))
  }
  const code = codeOf(issue, valueAt(body, issue.path))
  const detail = code === 'missing_field' ? 'this field is required' : issue.message
  return [{ code, pointer: pointerOf(issue.path), detail }]
}

/** A body of a megabyte may be wrong in a hundred thousand places: these are enough to see what is meant. */
const mostErrors = 20

/** The body as its schema gives it; throws one Problem that names each invalid place by JSON pointer. */
export const checkBody = <T extends z.ZodType>(schema: T, body: unknown): z.infer<T> => {
  const result = schema.safeParse(body, { error: typeWords })
  if (result.success) return result.data
  const errors = result.error.issues.flatMap((issue) => bodyErrors(issue, body))
  throw problemOf(errors.slice(0, mostErrors))
}

/** Path, query or header parameters as their schema gives them; throws 400 with each parameter's name. */
export const checkParameters = <T extends z.ZodType>(
  schema: T,
  values: Record<string, unknown>,
  refused: ProblemCode = 'invalid_parameter',
): z.infer<T> => {
  const result = schema.safeParse(values, { error: typeWords })
  if (result.success) return result.data
  const errors = result.error.issues.map((issue) => ({
    code: 'invalid_parameter' as const,
    parameter: issue.path.join('.'),
    detail: issue.message,
  }))
  const first = errors[0]
  throw new Problem(refused, { detail: `${first?.parameter}: ${first?.detail}`, errors })
}

/**
 * Throws 400 for parameters of the query that the operation does not have, or that are there twice: whoever misspells `dryRun`
 * would change what they wanted to look at.
 */
export const refuseUnknownParameters = (schema: z.ZodObject | undefined, given: URLSearchParams): void => {
  const known = Object.keys(schema?.shape ?? {})
  const names = [...new Set(given.keys())]
  const errors = names.flatMap((parameter): ProblemError[] => {
    if (!known.includes(parameter)) {
      const detail = `it is not known here. ${known.length > 0 ? `Known are: ${known.join(', ')}.` : 'This takes none.'}`
      return [{ code: 'unknown_parameter', parameter, detail }]
    }
    const isAgain = given.getAll(parameter).length > 1
    return isAgain ? [{ code: 'invalid_parameter', parameter, detail: 'it is given more than once.' }] : []
  })
  if (errors.length > 0) throw problemOf(errors.slice(0, mostErrors))
}
