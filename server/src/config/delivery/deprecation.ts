/** When something is deprecated, and when it ends; milliseconds since 1970. */
export interface Deprecation {
  deprecatedAt: number
  endsAt: number
}

/** The versions of the API that are, or will be, deprecated; v2 counts for /beta too. */
export type DeprecatedApis = Readonly<Partial<Record<'v1' | 'v2', Deprecation>>>

/**
 * `Deprecation` (RFC 9745) and `Sunset` (RFC 8594) of a config, of the version of the API it is read with, or of both: then
 * of two moments the earlier counts. A config ends at the moment it is deprecated. Moments may be to come. Undefined: neither.
 */
export const deprecationHeaders = (
  deprecationDate: string | null,
  api: Deprecation | undefined,
): { deprecation: string; sunset: string } | undefined => {
  const ofConfig = deprecationDate === null ? Number.NaN : Date.parse(deprecationDate)
  const moments = Number.isNaN(ofConfig) ? [] : [{ deprecatedAt: ofConfig, endsAt: ofConfig }]
  if (api) moments.push(api)
  if (moments.length === 0) return undefined
  const deprecatedAt = Math.min(...moments.map((moment) => moment.deprecatedAt))
  const endsAt = Math.min(...moments.map((moment) => moment.endsAt))
  return { deprecation: `@${Math.floor(deprecatedAt / 1_000)}`, sunset: new Date(endsAt).toUTCString() }
}
