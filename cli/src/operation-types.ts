import type { z } from '@hono/zod-openapi'
import type { Operations } from '../../contract/operations/operations.ts'

type LineOf<O> = O extends { method: infer M extends string; path: infer P extends `/manage/v1/${string}` }
  ? `${Uppercase<M>} ${P}`
  : never
type ByLine = { [Id in keyof Operations as LineOf<Operations[Id]>]: Operations[Id] }

/** A management operation by its method and path, such as `GET /manage/v1/apps/{appId}`; the contract is compiled in, not loaded. */
export type Line = keyof ByLine

type PartOf<L extends Line, Part extends string> = ByLine[L] extends {
  request: Record<Part, infer Schema extends z.ZodType>
}
  ? z.input<Schema>
  : undefined

type BodyOf<L extends Line> = ByLine[L] extends {
  request: { body: { content: { 'application/json': { schema: infer Schema extends z.ZodType } } } }
}
  ? z.input<Schema>
  : undefined

type Texts<T> = T extends undefined ? undefined : { [Name in keyof T]: string | number }
type Query<T> = T extends undefined ? undefined : { [Name in keyof T]?: string | number | undefined }

/** What the operation declares has to be given; what it does not declare cannot be. */
type Given<Name extends string, Value> = [Value] extends [undefined]
  ? { [N in Name]?: never }
  : { [N in Name]: Value }

type Declares<L extends Line, Header extends string, Yes> =
  PartOf<L, 'headers'> extends { [H in Header]?: string | undefined } ? Yes : unknown

/** What one call of an operation takes. */
export type Question<L extends Line> = Given<'params', Texts<PartOf<L, 'params'>>> &
  Given<'body', BodyOf<L>> &
  Partial<Given<'query', Query<PartOf<L, 'query'>>>> &
  Declares<L, 'if-match', { ifMatch?: number | undefined }> &
  Declares<L, 'idempotency-key', { idempotencyKey: string | undefined }>

type SchemaOf<R, Status extends number> =
  R extends Record<Status, { content: { 'application/json': { schema: infer S } } }> ? S : never
type GoodSchema<R> = SchemaOf<R, 200> | SchemaOf<R, 201> | SchemaOf<R, 202>

/** What a good answer of an operation holds. */
export type Answered<L extends Line> = ByLine[L] extends { responses: infer R }
  ? GoodSchema<R> extends infer S extends z.ZodType
    ? z.output<S>
    : never
  : never

/** The operations that answer pages. */
export type ListLine = {
  [L in Line]: Answered<L> extends { items: unknown[]; nextCursor: string | null } ? L : never
}[Line]
export type ItemOf<L extends ListLine> = Answered<L> extends { items: (infer Item)[] } ? Item : never
