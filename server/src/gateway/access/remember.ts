/**
 * Remembers what `make` made of a text, for `2 * most` texts at most: those that were asked for last, roughly. A text longer
 * than `longest` is made anew each time, so that nobody fills the memory.
 */
export const remember = <Made extends object | null>(
  make: (text: string) => Made,
  { most, longest }: { most: number; longest: number },
): ((text: string) => Made) => {
  let young = new Map<string, Made>()
  let old = new Map<string, Made>()
  return (text) => {
    const known = young.get(text)
    if (known !== undefined) return known
    if (text.length > longest) return make(text)
    // A piece of a header would hold the whole header in memory.
    const copy = Buffer.from(text, 'latin1').toString('latin1')
    const made = old.get(text) ?? make(copy)
    if (young.size >= most) {
      old = young
      young = new Map()
    }
    young.set(copy, made)
    return made
  }
}
