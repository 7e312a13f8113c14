import semver from 'semver'

const plain = /^(?:0|[1-9]\d{0,8})\.(?:0|[1-9]\d{0,8})\.(?:0|[1-9]\d{0,8})$/
/** Any number of parts, what follows a hyphen, and a build in brackets or behind a plus: 1, v1.2, 10.0.22631.3880, 1.2-beta, 1.2.3 (45). */
const lenient =
  /^v?(\d{1,256})(?:\.(\d+))?(?:\.(\d+))?(?:\.\d+)*(-[0-9a-z.-]+)?(\+[0-9a-z.-]+)?(?: ?\([^)]*\))?$/i

/**
 * A version as apps and systems write it, as a semantic one: one that is semantic stays as it is, else missing parts are 0,
 * parts after the third are left out, and so are zeros in front of a number and builds. Undefined for what is no version.
 */
export const coerceVersion = (text: string): string | undefined => {
  if (plain.test(text)) return text
  const version = text.trim()
  const [, major, minor = '0', patch = '0', prerelease = '', build] = lenient.exec(version) ?? []
  if (major === undefined) return undefined
  const parts = [major, minor, patch].map((part) => part.replace(/^0+(?=\d)/, ''))
  if (parts.some((part) => Number(part) > Number.MAX_SAFE_INTEGER)) return undefined
  const coerced = `${parts.join('.')}${prerelease}`
  // Most have neither, and semver throws errors to itself, which takes longer than all of this.
  if (prerelease === '' && build === undefined) return coerced
  const isSemantic = build !== undefined && `${coerced}${build}` === version.replace(/^v/i, '')
  return semver.valid(coerced) === null
    ? undefined
    : isSemantic && semver.valid(version)
      ? `${coerced}${build}`
      : coerced
}
