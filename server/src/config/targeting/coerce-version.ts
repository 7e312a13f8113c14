import semver from 'semver'

const plain = /^(?:0|[1-9]\d{0,8})\.(?:0|[1-9]\d{0,8})\.(?:0|[1-9]\d{0,8})$/
/** Any number of parts, what follows a hyphen, and a build in brackets or behind a plus: 1, v1.2, 10.0.22631.3880, 1.2-beta, 1.2.3 (45). */
const lenient =
  /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:\.\d+)*(-[0-9a-z.-]+)?(?:\+[0-9a-z.-]+)?(?: ?\([^)]*\))?$/i

/**
 * A version as apps and systems write it, as a semantic one: one that is semantic stays as it is, else missing parts are 0,
 * parts after the third are left out, and so are zeros in front of a number and builds. Undefined for what is no version.
 */
export const coerceVersion = (text: string): string | undefined => {
  if (plain.test(text)) return text
  const version = text.trim()
  const strict = semver.parse(version)
  if (strict) return strict.raw.replace(/^[^\d]+/, '')
  const [, major = '', minor = '0', patch = '0', prerelease = ''] = lenient.exec(version) ?? []
  const parts = [major, minor, patch].map((part) => part.replace(/^0+(?=\d)/, ''))
  return semver.valid(`${parts.join('.')}${prerelease}`) ?? undefined
}
