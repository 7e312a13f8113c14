/** Who an address is for: operators, what watches over the process, or everybody. */
export type Surface = 'admin' | 'probe' | 'public'

/** First parts of the paths that are for operators. */
const ADMIN = ['/manage', '/metrics', '/docs', '/openapi.json']
const PROBES = new Set(['/health', '/livez', '/readyz'])

/** Whose surface a path (normalised, without its query) is on. A read of a config is known by its first letters. */
export const surfaceOf = (path: string): Surface => {
  if (path.startsWith('/v') || path.startsWith('/beta/')) return 'public'
  for (const first of ADMIN) {
    if (path.startsWith(first) && (path.length === first.length || path[first.length] === '/')) return 'admin'
  }
  return PROBES.has(path) ? 'probe' : 'public'
}
