import { type Document, isMap, isNode, isPair, isScalar, LineCounter, parseDocument } from 'yaml'
import { ownPrefixes } from './own-routes.ts'
import { type RouteSpec, routeSchema } from './route-schema.ts'
import { RoutesProblem } from './routes-problem.ts'

type Path = readonly PropertyKey[]
type Finding = { path: Path; what: string; isKey?: boolean }

/** The routes of a file, YAML or JSON. Throws {@link RoutesProblem} with all that is wrong, by lines. */
export const readRoutes = (text: string): RouteSpec[] => {
  const lines = new LineCounter()
  const document = parsed(text, lines)
  const broken = document.errors.map(({ message, pos }) => `line ${lines.linePos(pos[0]).line}: ${message}.`)
  if (broken.length > 0) throw new RoutesProblem(broken)
  const content = contentOf(document)
  const { specs, findings } = judge(content)
  if (findings.length === 0) return specs
  const told = findings.map((finding) => {
    const line = lineOf(document, lines, finding)
    return { line, told: `line ${line}: ${nameOf(finding.path)} ${finding.what}.` }
  })
  throw new RoutesProblem(told.sort((a, b) => a.line - b.line).map((one) => one.told))
}

const parsed = (text: string, lineCounter: LineCounter): Document =>
  unlessUnreadable(() =>
    parseDocument(text, { lineCounter, version: '1.2', schema: 'core', prettyErrors: false }),
  )

const contentOf = (document: Document): unknown =>
  unlessUnreadable(() => document.toJS({ maxAliasCount: 100 }))

/** Aliases to nothing, or without end, and nesting beyond measure end in errors of the library's own. */
const unlessUnreadable = <Result>(read: () => Result): Result => {
  try {
    return read()
  } catch (error) {
    throw new RoutesProblem([`the file: ${error instanceof Error ? error.message : String(error)}.`])
  }
}

const judge = (content: unknown): { specs: RouteSpec[]; findings: Finding[] } => {
  const { routes, ...others } = (content ?? {}) as Record<string, unknown>
  const findings: Finding[] = Object.keys(others).map((key) => ({
    ...{ path: [key], what: 'is not known here; the file has routes alone', isKey: true },
  }))
  if (!Array.isArray(routes)) {
    findings.push({ path: [], what: 'must have a list called routes (it may be empty: [])' })
    return { specs: [], findings }
  }
  const specs = routes.flatMap((entry: unknown, index) => {
    const found = routeSchema.safeParse(entry)
    for (const issue of found.error?.issues ?? []) findings.push(...findingsOf(issue, ['routes', index]))
    return found.success ? [named(found.data)] : []
  })
  findings.push(...takenOver(routes), ...twice(routes))
  return { specs, findings }
}

const named = (spec: typeof routeSchema._output): RouteSpec => {
  const name = spec.name ?? defaultName(spec.prefix)
  return { ...spec, name, policy: spec.policy ?? name }
}

const defaultName = (prefix: string): string =>
  prefix
    .slice(1)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 64) || 'default'

type Issue = { code: string; path: PropertyKey[]; message: string; keys?: readonly string[] }

const findingsOf = ({ code, path, message, keys, ...more }: Issue, at: Path): Finding[] => {
  const whole = [...at, ...path]
  if (code === 'unrecognized_keys') {
    const what = 'is not known here; docs/gateway.md lists what a route may say'
    return (keys ?? []).map((key) => ({ path: [...whole, key], what, isKey: true }))
  }
  if (code === 'invalid_key') {
    const { issues = [] } = more as { issues?: { message: string }[] }
    return [{ path: whole, what: issues[0]?.message ?? message, isKey: true }]
  }
  return [{ path: whole, what: message }]
}

const prefixOf = (entry: unknown): unknown => (entry as { prefix?: unknown } | null)?.prefix

/** Our own addresses are ours, and what is below them. */
const takenOver = (routes: readonly unknown[]): Finding[] =>
  routes.flatMap((entry, index) => {
    const prefix = prefixOf(entry)
    const own = ownPrefixes.find((one) => prefix === one || String(prefix).startsWith(`${one}/`))
    if (own === undefined) return []
    return [
      {
        path: ['routes', index, 'prefix'],
        what: `is below ${own}, which Parasol answers itself; choose another`,
      },
    ]
  })

/** Prefixes and names that stand there before. */
const twice = (routes: readonly unknown[]): Finding[] => {
  const findings: Finding[] = []
  const seen = new Map<string, number>()
  const note = (kind: 'prefix' | 'name', value: unknown, index: number): void => {
    if (typeof value !== 'string') return
    const before = seen.get(`${kind} ${value}`)
    if (before === undefined) seen.set(`${kind} ${value}`, index)
    else {
      const what = `leads to the ${kind} ${value}, which routes[${before}] has already; each stands once`
      findings.push({ path: ['routes', index, kind], what })
    }
  }
  for (const [index, entry] of routes.entries()) {
    const prefix = prefixOf(entry)
    note('prefix', prefix, index)
    const { name = typeof prefix === 'string' ? defaultName(prefix) : undefined } = (entry ?? {}) as {
      name?: unknown
    }
    if (findings.at(-1)?.path[1] !== index) note('name', name, index)
  }
  return findings
}

/** `routes[0].upstreams[1]`, as one would write it. */
const nameOf = (path: Path): string =>
  path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .slice(1) || 'the file'

/** The line of what is meant, or of the nearest that there is around it. */
const lineOf = (document: Document, lines: LineCounter, { path, isKey }: Finding): number => {
  for (let length = path.length; length >= 0; length -= 1) {
    const at = path.slice(0, length)
    const offset = offsetOf(document, at, isKey === true && length === path.length)
    if (offset !== undefined) return lines.linePos(offset).line
  }
  return 1
}

const offsetOf = (document: Document, path: Path, isKey: boolean): number | undefined => {
  const parent = isKey ? document.getIn(path.slice(0, -1), true) : undefined
  if (isMap(parent)) {
    const wanted = String(path.at(-1))
    const pair = parent.items.find(
      // A name may be written with large letters and be checked with small ones.
      (item) =>
        isPair(item) && isScalar(item.key) && String(item.key.value).toLowerCase() === wanted.toLowerCase(),
    )
    return isNode(pair?.key) ? pair.key.range?.[0] : undefined
  }
  const node = path.length === 0 ? document.contents : document.getIn(path, true)
  return isNode(node) ? node.range?.[0] : undefined
}
