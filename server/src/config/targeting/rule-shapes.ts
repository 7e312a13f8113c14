export type Kind = 'null' | 'boolean' | 'number' | 'string' | 'list'

/** One thing that an expression can be, and where the rule says so. */
export interface Possible {
  value: unknown
  pointer: string
}

/** What an expression can be, whatever the context is. Of nothing where it was refused: then nothing else is to be said. */
export interface Shape {
  kinds: ReadonlySet<Kind>
  /** All that it can be; undefined where that is not known. */
  values?: readonly Possible[] | undefined
  /** No number that it can be is farther from 0. */
  most: number
}

export const refused: Shape = { kinds: new Set(), values: [], most: 0 }

export const shapeOf = (kinds: readonly Kind[], most = 0): Shape => ({ kinds: new Set(kinds), most })

const kindOf = (value: unknown): Kind =>
  value === null ? 'null' : Array.isArray(value) ? 'list' : (typeof value as Kind)

export const shapeOfValues = (values: readonly unknown[], pointer: string): Shape => ({
  kinds: new Set(values.map(kindOf)),
  values: values.map((value) => ({ value, pointer })),
  most: Math.max(0, ...values.map((value) => Math.abs(Number(value) || 0))),
})

export const oneOf = (shapes: readonly Shape[]): Shape => ({
  kinds: new Set(shapes.flatMap(({ kinds }) => [...kinds])),
  values: shapes.every(({ values }) => values) ? shapes.flatMap(({ values = [] }) => values) : undefined,
  most: Math.max(0, ...shapes.map(({ most }) => most)),
})

/** Of what is known only what is true, or only what is not, as JsonLogic sees it. */
export const onlyIf = (isTrue: boolean, shape: Shape): Shape =>
  shape.values ? { ...shape, values: shape.values.filter(({ value }) => isTruthy(value) === isTrue) } : shape

export const isTruthy = (value: unknown): boolean =>
  Array.isArray(value) ? value.length > 0 : Boolean(value)

export const isOnly = ({ kinds }: Shape, ...allowed: readonly Kind[]): boolean =>
  [...kinds].every((kind) => allowed.includes(kind))

/** Whether flagd can compare it with a text: an absent one it can. */
export const isTextual = (shape: Shape): boolean => isOnly(shape, 'string', 'null')

/** Whether flagd can compare it with a number: true is 1, absent is 0, and a text counts if there is a number in it. */
export const isNumeric = ({ kinds, values }: Shape): boolean =>
  values && !kinds.has('list')
    ? values.every(({ value }) => !Number.isNaN(Number(value)))
    : [...kinds].every((kind) => kind === 'number' || kind === 'boolean' || kind === 'null')

const words: Readonly<Record<Kind, string>> = {
  null: 'nothing',
  boolean: 'true or false',
  number: 'a number',
  string: 'a text',
  list: 'a list',
}

/** In words, such as `a text or nothing`. */
export const inWords = ({ kinds }: Shape): string =>
  (['string', 'number', 'boolean', 'list', 'null'] as const)
    .filter((kind) => kinds.has(kind))
    .map((kind) => words[kind])
    .join(' or ')
