/** A template, and those that have to be there before it. */
export interface Tied {
  appId: string
  extends: string | null
  /** The templates that what is live of it stands on. */
  standsOn: readonly string[]
}

/**
 * In levels, each in the order given: a template comes after what it extends and what it stands on. Where these lead in a
 * circle, what it extends comes first: without that there is no such app, but only a release that comes later.
 */
export const templatesFirst = <T extends Tied>(templates: readonly T[]): T[] => {
  const pending = new Map(templates.map((template) => [template.appId, template]))
  const isThere = (template: string | null): boolean => template === null || !pending.has(template)
  const sorted: T[] = []
  while (pending.size > 0) {
    const free = [...pending.values()].filter((template) => isThere(template.extends))
    const ready = free.filter(({ standsOn }) => standsOn.every(isThere))
    const level = ready.length > 0 ? ready : (free.length > 0 ? free : [...pending.values()]).slice(0, 1)
    sorted.push(...level)
    for (const { appId } of level) pending.delete(appId)
  }
  return sorted
}
