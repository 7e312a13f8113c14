import { as, type Key, manage, type Page } from './operator.ts'
import type { Shape } from './shapes.ts'

/** Every key that a token may see. */
export const listKeys = async (shape: Shape): Promise<Key[]> => {
  const items: Key[] = []
  for (let cursor = ''; ; ) {
    const page = (await manage(shape, 'GET', `/keys?limit=200${cursor}`)).json<Page<Key>>()
    items.push(...page.items)
    if (page.nextCursor === null) return items
    cursor = `&cursor=${page.nextCursor}`
  }
}

/** What the management API answers to a key. */
export const statusWith = async (shape: Shape, key: string): Promise<number> =>
  (await manage(as(shape, { key }), 'GET', '/apps?limit=1')).status
