import { type RawBuilder, sql } from 'kysely'

/** These texts as `text[]`: one parameter, however many, and the same on every driver. */
export const textArray = (texts: readonly string[]): RawBuilder<string[]> =>
  sql`array(select jsonb_array_elements_text(${JSON.stringify(texts)}::jsonb))`
