import { expect, it } from 'vitest'
import { createApp } from './operator.ts'
import { expectProblem, places } from './problem.ts'
import { putSchema, readSchema, setSchema } from './schema-calls.ts'
import type { Shape } from './shapes.ts'

/** What cannot be a schema. */
export const schemaRefusals = (shape: () => Shape): void => {
  const deep = (levels: number): object =>
    Array.from({ length: levels }).reduce<object>((within) => ({ items: within }), {})
  const large = { description: 'x'.repeat(262_144) }
  it.each<[string, object, string]>([
    ['that is none', { type: 'text' }, '/schema/type'],
    [
      'with a keyword that is none',
      { properties: { 'a/b': { requird: [] } } },
      '/schema/properties/a~1b/requird',
    ],
    ["with Ajv's own $async", { $async: true, properties: { a: { type: 'string' } } }, '/schema/$async'],
    ['with $async within', { properties: { a: { $async: true } } }, '/schema/properties/a/$async'],
    ["with OpenAPI's nullable", { items: { type: 'string', nullable: true } }, '/schema/items/nullable'],
    ['of another draft', { $schema: 'http://json-schema.org/draft-07/schema#' }, '/schema/$schema'],
    ['that would have to be loaded', { items: { $ref: 'https://example.com/a' } }, '/schema/items/$ref'],
    ['with a reference to nothing', { $ref: '#/$defs/a' }, '/schema/$ref'],
    ['that never ends', { anyOf: [{ $ref: '#/$defs/a' }], $defs: { a: { $ref: '#/$defs/a' } } }, '/schema'],
    [
      'with a pattern that looks ahead',
      { properties: { a: { pattern: '^(?=a)' } } },
      '/schema/properties/a/pattern',
    ],
    [
      'with a pattern that refers back',
      { patternProperties: { '(a)\\1': {} } },
      '/schema/patternProperties/(a)\\1',
    ],
    ['with a format nobody knows', { items: { format: 'zip' } }, '/schema/items/format'],
    ['of more than 256 KiB', large, '/schema'],
    ['of more than 48 levels', deep(48), '/schema'],
  ])('refuses a schema %s', async (_, schema, place) => {
    const { appId } = await createApp(shape())
    const problem = expectProblem(await putSchema(shape(), appId, schema), 'invalid_schema')
    expect(new Set(places(problem))).toEqual(new Set([`invalid_schema ${place}`]))
    expect((await readSchema(shape(), appId)).schema).toBeNull()
  })

  it('takes a schema of 48 levels', async () => {
    await setSchema(shape(), (await createApp(shape())).appId, deep(47))
  })
}
