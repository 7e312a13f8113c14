/** What platforms are called here, each with what else apps and systems call it: without spaces, hyphens and the like. */
const names: Readonly<Record<string, readonly string[]>> = {
  ios: ['ios', 'iphone', 'iphoneos', 'ipad', 'ipados'],
  android: ['android', 'androidos'],
  web: ['web', 'browser', 'html', 'html5'],
  macos: ['macos', 'mac', 'macosx', 'osx', 'darwin', 'maccatalyst', 'macintosh'],
  windows: ['windows', 'win', 'win32', 'win64', 'windowsnt', 'uwp'],
  linux: ['linux', 'gnu/linux'],
  tvos: ['tvos', 'appletv', 'appletvos'],
  watchos: ['watchos', 'applewatch'],
}
const nameOf = new Map(Object.entries(names).flatMap(([name, all]) => all.map((one) => [one, name] as const)))

/** The one name of a platform: `ios` for iOS, iPhone or iPadOS; one that is not known is lower-cased. Undefined for none. */
export const normalizePlatform = (text: string): string | undefined => {
  const known = nameOf.get(text)
  if (known !== undefined) return known
  const lower = text.trim().toLowerCase()
  if (!/^[a-z0-9][a-z0-9 ._+/-]{0,63}$/.test(lower)) return undefined
  return nameOf.get(lower.replaceAll(/[ ._-]/g, '')) ?? lower
}
