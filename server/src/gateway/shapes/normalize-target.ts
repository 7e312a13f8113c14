import { Problem } from '../../../../contract/problems.ts'

const refuse = (detail: string): never => {
  throw new Problem('invalid_request', { detail })
}

/** `http://x`: no slash of a path comes earlier. */
const shortestOrigin = 8
const slash = 47
const percent = 37
const dot = 46

/** What may stand in a path as it is (pchar and "/", RFC 3986 §3.3), by its code. */
const isPathCharacter = new Uint8Array(128)
const isUnreserved = new Uint8Array(128)
for (const letter of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~') {
  isPathCharacter[letter.charCodeAt(0)] = 1
  isUnreserved[letter.charCodeAt(0)] = 1
}
for (const letter of "!$&'()*+,;=:@/%") isPathCharacter[letter.charCodeAt(0)] = 1

const isUnclean = (path: string, at: number, end: number): boolean => {
  let before = 0
  for (let i = at; i < end; i += 1) {
    const code = path.charCodeAt(i)
    if (code === percent || isPathCharacter[code] !== 1) return true
    if (before === slash && (code === slash || code === dot)) return true
    before = code
  }
  return false
}

/**
 * The URL of a request with its path in the one form that routes, keys and caches know: letters, digits and `-._~` are never
 * percent-encoded, hex digits are capitals (RFC 3986 §6.2.2). A clean URL comes back as the string it is. Throws a Problem, 400,
 * where two readers could take the path for two: encoded or doubled slashes, backslashes, dot segments, U+0000 and other
 * controls, `%` without two hex digits, bytes that are no UTF-8, a fragment. The query stays as it is.
 */
export const normalizeTarget = (url: string): string => {
  const start = url.indexOf('/', shortestOrigin)
  if (url.includes('#')) refuse('The address must not have a fragment (#).')
  if (start < 0) return url
  const query = url.indexOf('?', start)
  const end = query < 0 ? url.length : query
  if (!isUnclean(url, start, end)) return url
  const key = start + (beforeFlagKey.exec(url.slice(start, end))?.[0].length ?? end - start)
  const path = url.slice(start, key)
  const normal = normalizePath(path)
  return normal === path ? url : url.slice(0, start) + normal + url.slice(key)
}

/** The key of a flag is a name and no path: what follows may have slashes, encoded or not, and the service alone reads it. */
const beforeFlagKey = /^\/(?:v2|beta)\/api\/config\/[^/]+\/ofrep\/v1\/evaluate\/flags\//

/** The path alone, as {@link normalizeTarget} has it. */
export const normalizePath = (path: string): string => {
  const normal = path.includes('%') ? path.replace(/%(.{0,2})/gs, decodeOne) : path
  try {
    // Overlong forms and half characters are no UTF-8 either.
    decodeURIComponent(normal)
  } catch {
    refuse('The path must be UTF-8, percent-encoded.')
  }
  if (normal.includes('\\')) refuse('The path must not have a backslash.')
  if (normal.includes('//')) refuse('The path must not have empty segments (//).')
  // `..;x` too: servlet containers take parameters away before they look.
  if (/\/\.{1,2}(?:[/;]|$)/.test(normal)) refuse('The path must not have segments "." or "..", also encoded.')
  for (let i = 0; i < normal.length; i += 1) {
    if (isPathCharacter[normal.charCodeAt(i)] === 1) continue
    refuse('Characters that have no place in a path must be percent-encoded.')
  }
  return normal
}

const decodeOne = (whole: string, digits: string): string => {
  if (!/^[0-9A-Fa-f]{2}$/.test(digits))
    refuse('In the path, % must be followed by two hex digits; % itself is %25.')
  const code = Number.parseInt(digits, 16)
  if (code === slash) refuse('The path must not have an encoded slash (%2F).')
  if (code === 92) refuse('The path must not have an encoded backslash (%5C).')
  if (code < 32 || code === 127) refuse(`The path must not have the control character ${whole}.`)
  return isUnreserved[code] === 1 ? String.fromCharCode(code) : whole.toUpperCase()
}
