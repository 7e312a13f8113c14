import { z } from '@hono/zod-openapi'
import { describe, expect, it } from 'vitest'
import { saveVersionInput } from '../../../../contract/config.ts'
import { previewInput } from '../../../../contract/preview.ts'
import { Problem } from '../../../../contract/problems.ts'
import { publishReleaseInput } from '../../../../contract/release.ts'
import { checkBody, checkParameters, refuseUnknownParameters } from './check-input.ts'

const refusal = (run: () => unknown): Problem => {
  try {
    run()
  } catch (error) {
    if (error instanceof Problem) return error
  }
  throw new Error('nothing was refused')
}

const save = (body: unknown): Problem => refusal(() => checkBody(saveVersionInput, body))

describe('a body that does not fit its schema', () => {
  it.each([
    ['unknown_field', '/colour', { configVersion: '1.0.0', data: {}, colour: 1 }],
    ['missing_field', '/data', { configVersion: '1.0.0' }],
    ['invalid_field', '/data', { configVersion: '1.0.0', data: [] }],
    ['invalid_version', '/configVersion', { configVersion: 'v1', data: {} }],
    ['invalid_version', '/minimumAppVersion', { configVersion: '1.0.0', minimumAppVersion: '1', data: {} }],
    ['invalid_date', '/deprecationDate', { configVersion: '1.0.0', deprecationDate: '2026-02-30', data: {} }],
    [
      'invalid_date',
      '/deprecationDate',
      { configVersion: '1.0.0', deprecationDate: '2026-04-01T25:00:00Z', data: {} },
    ],
    ['invalid_field', '/configVersion', { data: {} }],
    ['invalid_field', '/configVersion', { configVersion: '1.0.0', bump: 'major', data: {} }],
    ['invalid_field', '/bump', { bump: 'huge', data: {} }],
  ])('is refused as %s at %s', (code, pointer, body) => {
    const problem = save(body)
    expect(problem.code).toBe(code)
    expect(problem.errors).toContainEqual(expect.objectContaining({ code, pointer }))
  })

  it.each([
    [[], 'expected an object, but it is an array'],
    [null, 'expected an object, but it is null'],
    ['x', 'expected an object, but it is a string'],
    [true, 'expected an object, but it is true'],
    [7, 'expected an object, but it is 7'],
  ])('is told in the words of JSON what was expected in place of %j', (data, detail) => {
    const errors = [{ code: 'invalid_field', pointer: '/data', detail }]
    expect(save({ configVersion: '1.0.0', data })).toMatchObject({ message: `/data: ${detail}`, errors })
  })

  it('is told of every invalid place at once', () => {
    const problem = save({ configVersion: 'x', deprecationDate: 'y', data: {}, a: 1, b: 2 })
    expect(problem.errors?.map(({ pointer }) => pointer)).toEqual([
      '/configVersion',
      '/deprecationDate',
      '/a',
      '/b',
    ])
  })

  it('is told of twenty places at most, however many are wrong', () => {
    const unknown = Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`k${n}`, 1]))
    expect(save({ configVersion: '1.0.0', data: {}, ...unknown }).errors).toHaveLength(20)
  })

  it('escapes the pointer of a key with a slash or a tilde (RFC 6901)', () => {
    expect(save({ configVersion: '1.0.0', data: {}, 'a/b~c': 1 }).errors?.[0]?.pointer).toBe('/a~1b~0c')
  })
})

it('one of several shapes is told its own faults; what has none of the shapes, which there are', () => {
  const plan = { growth: 'linear', growthFactorPercent: 33.33, durationSeconds: 60, bakeSeconds: 0 }
  const told = (rollout: unknown) =>
    refusal(() => checkBody(publishReleaseInput, { configVersion: '1.0.0', rollout })).errors
  expect(told({ ...plan, growth: 'slow', extra: 1, bakeSeconds: undefined })).toEqual([
    expect.objectContaining({ code: 'invalid_field', pointer: '/rollout/growth' }),
    expect.objectContaining({ code: 'missing_field', pointer: '/rollout/bakeSeconds' }),
    expect.objectContaining({ code: 'unknown_field', pointer: '/rollout/extra' }),
  ])
  expect(told({ preset: 'Slowly', guards: 'default' })).toEqual([
    expect.objectContaining({ code: 'invalid_field', pointer: '/rollout/preset' }),
  ])
  expect(told({ preset: 'Canary10Percent20Minutes', guards: [{ kind: 'events', alpha: 7 }] })).toEqual([
    expect.objectContaining({ code: 'invalid_field', pointer: '/rollout/guards/0/alpha' }),
  ])
  const asked = 'expected a plan, or AllAtOnce, Canary10Percent20Minutes or Linear20PercentEvery6Minutes'
  for (const rollout of ['Slowly', 7, null]) {
    expect(told(rollout)).toEqual([{ code: 'invalid_field', pointer: '/rollout', detail: asked }])
  }
})

it('a fraction and a word are told where a whole number is asked for', () => {
  const told = (bucket: unknown) => refusal(() => checkBody(previewInput, { context: { bucket } })).message
  expect(told(1.5)).toBe('/context/bucket: expected a whole number, but it is 1.5')
  expect(told('1')).toBe('/context/bucket: expected a number, but it is a string')
})

it('a parameter that does not fit is refused by its name', () => {
  const problem = refusal(() =>
    checkParameters(z.object({ limit: z.coerce.number().max(200) }), { limit: '900' }),
  )
  expect(problem).toMatchObject({ code: 'invalid_parameter', status: 400 })
  expect(problem.errors?.[0]?.parameter).toBe('limit')
})

it('a parameter of the query that is not known, or there twice, is refused by its name', () => {
  const check = (
    query: string,
    schema = z.object({ dryRun: z.string(), limit: z.string() }) as z.ZodObject,
  ) => refuseUnknownParameters(schema, new URLSearchParams(query))
  expect(refusal(() => check('dryrun=true&limit=1'))).toMatchObject({
    code: 'unknown_parameter',
    status: 400,
    errors: [{ parameter: 'dryrun', detail: 'it is not known here. Known are: dryRun, limit.' }],
  })
  expect(refusal(() => check('limit=1&limit=2'))).toMatchObject({ code: 'invalid_parameter' })
  expect(refusal(() => refuseUnknownParameters(undefined, new URLSearchParams('a'))).message).toContain(
    'This takes none.',
  )
  expect(() => check('dryRun=true&limit=1')).not.toThrow()
})
