/** Whether this process should receive requests: after it can serve, until it starts to stop. */
export interface Readiness {
  state(): 'starting' | 'ready' | 'stopping'
  serve(): void
  stop(): void
}

export const createReadiness = (): Readiness => {
  let state: 'starting' | 'ready' | 'stopping' = 'starting'
  return {
    state: () => state,
    serve: () => {
      if (state === 'starting') state = 'ready'
    },
    stop: () => {
      state = 'stopping'
    },
  }
}
