/** Is what this node holds known to be current? */
export interface Freshness {
  /** Seconds since the database was last heard, once that is longer than it should be; 0 while all is well. */
  staleSeconds(): number
}

export interface Staleness extends Freshness {
  /** To be called whenever the database was asked, with or without success. */
  look(): void
  close(): void
}

/** Every read asks whether what is held is stale, so a timer keeps the answer at hand. */
export const watchStaleness = (succeededAt: () => number, staleAfterMs: number): Staleness => {
  let isStale = false
  let timer: NodeJS.Timeout | undefined
  const age = (): number => performance.now() - succeededAt()
  const look = (): void => {
    isStale = age() > staleAfterMs
    clearTimeout(timer)
    if (!isStale) timer = setTimeout(look, staleAfterMs - age() + 1).unref()
  }
  look()
  return {
    staleSeconds: () => (isStale ? Math.round(age() / 1_000) : 0),
    look,
    close: () => clearTimeout(timer),
  }
}
