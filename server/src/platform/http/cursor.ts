import { Problem } from '../../../../contract/problems.ts'

/** An opaque place in a list: the sort key of the last item, so that pages stay stable while the list changes. */
export const encodeCursor = (key: string | number): string =>
  Buffer.from(JSON.stringify(key)).toString('base64url')

/** The sort key a cursor holds, null for the first page. Throws 400 for one that was not made here. */
export const decodeCursor = <K extends 'string' | 'number'>(
  cursor: string | undefined,
  kind: K,
): (K extends 'string' ? string : number) | null => {
  if (cursor === undefined) return null
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    // What was forged must not get as far as the database, which would take it for a fault of ours.
    const ours =
      kind === 'string' ? typeof key === 'string' && !key.includes('\0') : Number.isSafeInteger(key)
    if (ours) return key as K extends 'string' ? string : number
  } catch {
    // Not base64url JSON: refused below like any other foreign cursor.
  }
  throw foreignCursor()
}

/** The 400 for a cursor that no list handed out. */
export const foreignCursor = (): Problem =>
  new Problem('invalid_cursor', {
    detail: 'Take the cursor from nextCursor of the page before, unchanged.',
  })

/** Cuts one item more than the page from a query into the page and the cursor of the next one. */
export const toPage = <Row, Item>(
  rows: readonly Row[],
  limit: number,
  keyOf: (row: Row) => string | number,
  itemOf: (row: Row) => Item,
): { items: Item[]; nextCursor: string | null } => {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    items: page.map(itemOf),
    nextCursor: rows.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null,
  }
}
