/** The whole fleet. An app's scope is its appId, which has none of the characters that the others have. */
export const fleetScope = '*'

/** All apps that extend a template, directly or through others. */
export const scopeBelow = (template: string): string => `${template}/*`

/** The devices of a scope above apps by one facet, as `*#country`: apart, because each group's sketch may take 6 KB. */
export const partOf = (scope: string, facet: string): string => `${scope}#${facet}`

/** The devices of a scope above apps in the 24 hours that end with an hour: days of all time zones begin at some hour. */
export const spanOf = (scope: string): string => `${scope}#day`

export const isPart = (scope: string): boolean => scope.includes('#') && !scope.endsWith('#day')

/** Whether a scope is above apps, and not a part of one. */
export const isAbove = (scope: string): boolean => scope.endsWith('*')

export const isOfApp = (scope: string): boolean => !/[*#]/.test(scope)

/** The facets by which devices are told above apps. */
export const partFacets = ['adoption', 'held', 'platform', 'appVersion', 'country'] as const
export type PartFacet = (typeof partFacets)[number]
