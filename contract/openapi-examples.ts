/** As much of an OpenAPI 3.1 schema as is needed to make an example of it. */
interface Schema {
  $ref?: string
  example?: unknown
  default?: unknown
  enum?: unknown[]
  const?: unknown
  type?: string | string[]
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  allOf?: Schema[]
  anyOf?: Schema[]
  oneOf?: Schema[]
}

interface Media {
  schema?: Schema
  example?: unknown
}
interface Content {
  content?: Record<string, Media>
}
interface Document {
  paths?: Record<string, Record<string, { requestBody?: Content; responses?: Record<string, Content> }>>
  components?: { schemas?: Record<string, Schema> }
}

const plain: Record<string, unknown> = { string: 'text', number: 1, integer: 1, boolean: true, null: null }

/**
 * Gives each JSON body and answer of an OpenAPI document an example, put together from those of its fields: required ones, and
 * optional ones that have an example of their own. Where that would not be valid, the schema has an example as a whole.
 */
export const addExamples = (document: object): void => {
  const { paths = {}, components } = document as Document
  const resolve = (schema: Schema): Schema =>
    schema.$ref ? (components?.schemas?.[schema.$ref.split('/').at(-1) ?? ''] ?? {}) : schema

  const exampleOf = (given: Schema): unknown => {
    if (given.example !== undefined) return given.example
    const schema = resolve(given)
    if (schema.example !== undefined) return schema.example
    // A part with a description alone says nothing of the value.
    const parts = schema.allOf?.filter((part) => part.$ref || part.type || part.properties || part.allOf)
    if (parts) return Object.assign({}, ...parts.map(exampleOf))
    const choice = (schema.anyOf ?? schema.oneOf)?.find((each) => resolve(each).type !== 'null')
    if (choice) return exampleOf(choice)
    if (schema.const !== undefined) return schema.const
    if (schema.enum) return schema.enum[0]
    const types = [schema.type].flat()
    if (types.includes('object') || schema.properties) return objectOf(schema)
    if (types.includes('array')) return schema.items ? [exampleOf(schema.items)] : []
    return schema.default ?? plain[types[0] ?? 'string']
  }

  const objectOf = ({ properties = {}, required = [] }: Schema): object =>
    Object.fromEntries(
      Object.entries(properties)
        .filter(([name, schema]) => required.includes(name) || schema.example !== undefined)
        .map(([name, schema]) => [name, exampleOf(schema)]),
    )

  for (const operation of Object.values(paths).flatMap((methods) => Object.values(methods))) {
    for (const { content } of [operation.requestBody ?? {}, ...Object.values(operation.responses ?? {})]) {
      const media = content?.['application/json']
      if (media?.schema) media.example ??= exampleOf(media.schema)
    }
  }
}
