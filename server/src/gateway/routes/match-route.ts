import type { Route } from './route.ts'

const slash = 47
const evaluationPath = '/ofrep/v1/'

/**
 * The first route whose prefix is the path or ends where a segment of the path does; undefined without one. The table has the longest
 * prefixes first. Runs for every request, so it makes nothing.
 */
export const matchRoute = (table: readonly Route[], path: string): Route | undefined => {
  for (const route of table) {
    const { prefix, evaluations } = route
    // Most routes are passed over by this alone.
    if (path.charCodeAt(prefix.length) !== slash && path.length !== prefix.length) continue
    if (!path.startsWith(prefix)) continue
    return evaluations !== undefined && path.includes(evaluationPath, prefix.length) ? evaluations : route
  }
  return undefined
}
