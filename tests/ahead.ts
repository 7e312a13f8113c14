/**
 * Does what has to be done before its time has come: `soon` tells a time that is `leadMs` ahead. Where the machine was away for
 * longer than that, it is done again with twice as long, and what went wrong meanwhile does not count.
 */
export const ahead = async <T>(
  leadMs: number,
  act: (soon: () => string, leadMs: number) => Promise<T>,
): Promise<T> => {
  let until = Number.POSITIVE_INFINITY
  const soon = (): string => {
    until = Date.now() + leadMs
    return new Date(until).toISOString()
  }
  // Longer than a minute no machine is away: then it is what is done that waits.
  const isInTime = (): boolean => Date.now() < until || leadMs > 60_000
  try {
    const done = await act(soon, leadMs)
    if (isInTime()) return done
  } catch (error) {
    if (isInTime()) throw error
  }
  return ahead(leadMs * 2, act)
}
