/** A row whose time has come. */
export interface Due {
  id: number
  /** Who brought it about, for history and audit log. */
  actor: string
}

/** Work of one kind that becomes due: rows with a time, each done in a transaction of its own. */
export interface DueWork {
  name: string
  /** What is due by the clock of the database, the oldest first; `limit` at most. */
  list(limit: number): Promise<readonly Due[]>
  /**
   * Claims one (`FOR UPDATE SKIP LOCKED`, and still due) and does it, in one transaction. Does nothing when another node is
   * at it or has done it.
   */
  run(due: Due): Promise<void>
}

export interface DueOptions {
  works: readonly DueWork[]
  everyMs: number
  /** What failed is still due, so it is tried again. */
  onError: (work: string, error: unknown) => void
}

const batch = 100

/**
 * Does what is due, looking every `everyMs`, one thing after the other. Any number of nodes may do so over one database:
 * whoever claims a row first does it, and one that dies in the middle leaves it due. `close` waits for what is being done.
 */
export const runDue = ({ works, everyMs, onError }: DueOptions): { close(): Promise<void> } => {
  let timer: NodeJS.Timeout | undefined
  let closed = false
  let running: Promise<void> = Promise.resolve()

  const runBatch = async (work: DueWork): Promise<boolean> => {
    const all = await work.list(batch)
    let failures = 0
    for (const due of all) {
      if (closed) return false
      await work.run(due).catch((error) => {
        failures += 1
        onError(work.name, error)
      })
    }
    // What failed would be listed again at once.
    return all.length === batch && failures === 0
  }
  const round = async (): Promise<void> => {
    for (const work of works) {
      if (closed) return
      try {
        while (await runBatch(work));
      } catch (error) {
        onError(work.name, error)
      }
    }
    if (!closed) timer = setTimeout(start, everyMs)
  }
  const start = (): void => {
    running = round()
  }
  start()

  return {
    async close() {
      closed = true
      clearTimeout(timer)
      await running
    },
  }
}
