import type { ColumnType } from 'kysely'

/** Read as the parsed value, written as JSON text: drivers disagree on what a JavaScript array becomes. */
export type Json = ColumnType<unknown, string, string>
export type OptionalJson = ColumnType<unknown, string | null | undefined, string | null>
/** `timestamptz`, to the millisecond where it is read. */
export type Stamped = ColumnType<Date, Date | undefined, Date>
