import type { Targeting } from './compile-targeting.ts'

interface Given {
  said: { minimumAppVersion: string | null; recommendedAppVersion: string | null }
  targeting: Pick<Targeting, 'attributes'> | null
}

/**
 * The attributes that matter for what devices get: of what is live, and of what a rollout is bringing to some of them. Sorted,
 * so that a release says the same on every node.
 */
export const variesOf = (live: Given, candidate: Given | undefined): readonly string[] => {
  const varies = new Set<string>(candidate ? ['bucket'] : [])
  for (const one of candidate ? [live, candidate] : [live]) {
    for (const name of one.targeting?.attributes ?? []) varies.add(name)
    if (one.said.minimumAppVersion ?? one.said.recommendedAppVersion) varies.add('appVersion')
  }
  return [...varies].sort()
}
