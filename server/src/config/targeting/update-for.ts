import semver from 'semver'

/** What an app of this version must do by the version contract of a config. */
export type Update = 'required' | 'recommended' | 'none'

interface Asked {
  minimumAppVersion: string | null
  recommendedAppVersion: string | null
}

/** `required` below the minimum version of the app, `recommended` below the recommended one. Takes semantic versions. */
export const updateFor = (
  { minimumAppVersion, recommendedAppVersion }: Asked,
  appVersion: string | undefined,
): Update => {
  const isBelow = (version: string | null) =>
    version !== null && appVersion !== undefined && semver.lt(appVersion, version)
  if (isBelow(minimumAppVersion)) return 'required'
  return isBelow(recommendedAppVersion) ? 'recommended' : 'none'
}
