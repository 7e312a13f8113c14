/** Asks of flagd itself, not of the device: the flag's key and the time. */
export const isOfFlagd = (name: string): boolean => name === '$flagd' || name.startsWith('$flagd.')

/**
 * The names that a rule asks the context for, `targetingKey` and flagd's own among them. `computed` stands for one that the
 * rule makes up while it is evaluated: it may be any.
 */
export const attributesOf = (rule: unknown): { names: ReadonlySet<string>; computed: boolean } => {
  const names = new Set<string>()
  let computed = false
  const take = (name: unknown): void => {
    if (typeof name === 'string') names.add(name)
    else computed = true
  }
  const walk = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return
    for (const [operation, operands] of Object.entries(part)) {
      const list: readonly unknown[] = Array.isArray(operands) ? operands : [operands]
      if (operation === 'var') take(list[0])
      else if (operation === 'missing') list.forEach(take)
      else if (operation === 'missing_some') [list[1]].flat().forEach(take)
      else if (operation === 'fractional' && !isText(list[0])) names.add('targetingKey')
      walk(operands)
    }
  }
  walk(rule)
  return { names, computed }
}

/** Whether an expression is a text whatever the context is: flagd takes it for what to divide by, instead of the targeting key. */
export const isText = (expression: unknown): boolean =>
  typeof expression === 'string' ||
  (typeof expression === 'object' && expression !== null && Object.hasOwn(expression, 'cat'))
