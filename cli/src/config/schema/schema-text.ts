import type { AppSchema } from '../../../../contract/schema.ts'
import { manyLines } from '../../output/terminal-text.ts'

const schemaText = (schema: object): string => manyLines(JSON.stringify(schema, null, 2))

/** The schemas that hold for an app, its own first. */
export const appSchemaText = ({ appId, schema, inherited }: AppSchema): string =>
  [
    schema ? `Of ${appId}:\n${schemaText(schema)}` : `${appId} has no schema of its own.`,
    ...inherited.map((above) => `Inherited from ${above.appId}:\n${schemaText(above.schema)}`),
  ].join('\n\n')
