import { CacheUnavailable } from '../../platform/cache/cache.ts'
import { isStoreUnavailable } from '../../platform/database/errors.ts'

/**
 * Does `work` on all of these at once; where that fails, on each half, so that one that cannot be read is found and keeps
 * nothing from the others. Throws what means that a store is away: then no part would do better.
 */
export const halving = async <Item>(
  items: readonly Item[],
  work: (items: readonly Item[]) => Promise<void>,
  onBroken: (item: Item, error: unknown) => void,
): Promise<void> => {
  const [first] = items
  if (first === undefined) return
  try {
    await work(items)
  } catch (error) {
    if (isStoreUnavailable(error) || error instanceof CacheUnavailable) throw error
    if (items.length === 1) return onBroken(first, error)
    const middle = items.length >> 1
    await halving(items.slice(0, middle), work, onBroken)
    await halving(items.slice(middle), work, onBroken)
  }
}
