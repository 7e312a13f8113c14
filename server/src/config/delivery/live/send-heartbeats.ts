/** A reader who is told now and then that the connection stands. */
export interface Beating {
  beat(): void
}

export interface Heartbeats {
  /** Returns what ends it. */
  add(one: Beating): () => void
}

const slotsMost = 200

/** Gives everybody a beat every `everyMs`, spread over that time: twenty thousand are never told in one turn. */
export const sendHeartbeats = (everyMs: number): Heartbeats => {
  const slots = Array.from({ length: Math.min(slotsMost, everyMs) }, () => new Set<Beating>())
  let timer: NodeJS.Timeout | undefined
  let size = 0
  let nextToFill = 0
  let nextToBeat = 0

  const beatNext = (): void => {
    for (const one of slots[nextToBeat] ?? []) one.beat()
    nextToBeat = (nextToBeat + 1) % slots.length
  }

  return {
    add(one) {
      const slot = slots[nextToFill] ?? new Set()
      nextToFill = (nextToFill + 1) % slots.length
      slot.add(one)
      size += 1
      timer ??= setInterval(beatNext, everyMs / slots.length).unref()
      return () => {
        if (!slot.delete(one)) return
        size -= 1
        if (size > 0) return
        clearInterval(timer)
        timer = undefined
      }
    },
  }
}
