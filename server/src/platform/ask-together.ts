/** Asked with one statement at most. */
const askedMost = 500

/**
 * Asks for things one batch after the other, each in one question: what comes while one is under way is the next one. So all
 * who ask take one connection together. `ask` leaves out what there is not. What is asked for at once is answered in its order.
 */
export const askTogether = <Found>(
  ask: (names: readonly string[]) => Promise<ReadonlyMap<string, Found>>,
  onError: (error: unknown) => void,
): ((names: readonly string[]) => Promise<(Found | undefined)[]>) => {
  const waiting = new Map<string, PromiseWithResolvers<Found | undefined>>()
  let isAsking = false

  const askAll = async (): Promise<void> => {
    isAsking = true
    while (waiting.size > 0) {
      const batch = [...waiting].slice(0, askedMost)
      // From here on the same is a new question: what is read now may be old by the time it is asked.
      for (const [name] of batch) waiting.delete(name)
      try {
        const found = await ask(batch.map(([name]) => name))
        for (const [name, { resolve }] of batch) resolve(found.get(name))
      } catch (error) {
        onError(error)
        for (const [, { reject }] of batch) reject(error)
      }
    }
    isAsking = false
  }

  return (names) => {
    const answers = names.map((name) => {
      const question = waiting.get(name) ?? Promise.withResolvers<Found | undefined>()
      waiting.set(name, question)
      return question.promise
    })
    if (!isAsking) void askAll()
    return Promise.all(answers)
  }
}
