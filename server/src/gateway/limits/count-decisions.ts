/** What a policy decided, of each request that came under it. */
export interface Decisions {
  admitted: number
  refused: number
}

interface Counting {
  policy: { name: string }
  decisions: Decisions
}

/** Names that are told apart, because operators may make thousands of limits; all further ones are `other`. */
const namesMost = 200

/** Adds up what policies decided, also those that are no longer there: a count never falls. */
export const countDecisions = () => {
  const past = new Map<string, Decisions>()

  const add = (into: Map<string, Decisions>, { policy, decisions }: Counting): void => {
    const name = into.has(policy.name) || into.size < namesMost ? policy.name : 'other'
    const { admitted = 0, refused = 0 } = into.get(name) ?? {}
    into.set(name, { admitted: admitted + decisions.admitted, refused: refused + decisions.refused })
  }
  return {
    /** These are not asked any more. */
    retire(those: readonly Counting[]): void {
      for (const one of those) add(past, one)
    },
    /** By the name of the policy. */
    all(current: readonly Counting[]): Map<string, Decisions> {
      const all = new Map(past)
      for (const one of current) add(all, one)
      return all
    },
  }
}
