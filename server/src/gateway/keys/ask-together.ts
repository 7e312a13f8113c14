/** As many as the config service takes at once. */
const askedMost = 500

/** Asks for keys one batch after the other: what comes while one is under way is the next one. */
export const askTogether = <T>(
  ask: (keys: readonly string[]) => Promise<readonly T[]>,
  onError: (error: unknown) => void,
): ((key: string) => Promise<T>) => {
  const waiting = new Map<string, PromiseWithResolvers<T>>()
  let isAsking = false

  const askAll = async (): Promise<void> => {
    isAsking = true
    while (waiting.size > 0) {
      const batch = [...waiting].slice(0, askedMost)
      try {
        const answers = await ask(batch.map(([key]) => key))
        for (const [index, [, { resolve }]] of batch.entries()) resolve(answers[index] as T)
      } catch (error) {
        onError(error)
        for (const [, { reject }] of batch) reject(error)
      }
      for (const [key] of batch) waiting.delete(key)
    }
    isAsking = false
  }

  return (key) => {
    const question = waiting.get(key) ?? Promise.withResolvers<T>()
    waiting.set(key, question)
    if (!isAsking) void askAll()
    return question.promise
  }
}
