/** Whether this process should receive requests: after it can serve, until it starts to stop. */
export interface Readiness {
  state(): 'starting' | 'ready' | 'stopping'
  serve(): void
  stop(): void
  /** To be done as soon as this process is asked to stop, before it accepts nothing more. */
  onStop(begin: () => void): void
}

export const createReadiness = (): Readiness => {
  let state: 'starting' | 'ready' | 'stopping' = 'starting'
  const beginnings: (() => void)[] = []
  return {
    state: () => state,
    serve: () => {
      if (state === 'starting') state = 'ready'
    },
    stop: () => {
      state = 'stopping'
      for (const begin of beginnings.splice(0)) begin()
    },
    onStop: (begin) => void beginnings.push(begin),
  }
}
