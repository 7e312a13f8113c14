import type { JsonPatchOperation } from './json-patch.ts'

/** Puts one operation into a document, as RFC 6902 says; throws where it does not fit. */
export const applyStep = (document: unknown, { op, path, value }: JsonPatchOperation): unknown => {
  if (path === '') return value
  const names = path
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  const last = names.pop() ?? ''
  const root = structuredClone(document)
  const parent = names.reduce<unknown>((inner, name) => (inner as Record<string, unknown>)[name], root)
  if (Array.isArray(parent)) {
    const index = Number(last)
    const most = op === 'add' ? parent.length : parent.length - 1
    if (!/^(?:0|[1-9]\d*)$/.test(last) || index > most) throw new RangeError(`no place for ${op} ${path}`)
    parent.splice(index, op === 'add' ? 0 : 1, ...(op === 'remove' ? [] : [value]))
    return root
  }
  const members = parent as Record<string, unknown>
  if (op !== 'add' && !Object.hasOwn(members, last)) throw new RangeError(`nothing at ${path}`)
  if (op === 'remove') delete members[last]
  else members[last] = value
  return root
}
