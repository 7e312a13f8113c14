/** What one proxy tells in `Forwarded` (RFC 7239): who asked it, by which protocol, and for which host; not yet checked. */
export interface ForwardedElement {
  for: string | undefined
  proto: string | undefined
  host: string | undefined
}

const pairPattern = /\s*([\w!#$%&'*+.^`|~-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;,"\\]+))\s*(?:;|$)/y

/** One element of the list, such as `for="[2001:db8::1]:80";proto=https`; undefined where it is not one. */
export const readForwarded = (text: string): ForwardedElement | undefined => {
  const element: ForwardedElement = { for: undefined, proto: undefined, host: undefined }
  const seen = new Set<string>()
  pairPattern.lastIndex = 0
  while (pairPattern.lastIndex < text.length) {
    const [, name = '', quoted, token] = pairPattern.exec(text) ?? []
    const known = name.toLowerCase()
    // A failed match sets lastIndex back to 0; and each parameter may be there once (§4).
    if (known === '' || seen.has(known)) return undefined
    seen.add(known)
    if (known === 'for' || known === 'proto' || known === 'host') {
      element[known] = quoted?.replace(/\\(.)/g, '$1') ?? token
    }
  }
  return seen.size > 0 ? element : undefined
}

const hasOpenQuote = (text: string): boolean => {
  if (!text.includes('"')) return false
  const quotes = text.replace(/\\./g, '').match(/"/g)
  return (quotes?.length ?? 0) % 2 === 1
}

/**
 * The comma before the element that ends at `end`, -1 for the first one. Read from the right, because what stands on the
 * left came from the client: its open quotes must not reach into what a proxy has added.
 */
export const commaBeforeForwarded = (value: string, end: number): number => {
  let comma = commaBefore(value, end)
  while (comma >= 0 && hasOpenQuote(value.slice(comma + 1, end))) comma = commaBefore(value, comma)
  return comma
}

/** The comma before the item that ends at `end`, of a list whose items hold none; -1 for the first one. */
export const commaBefore = (value: string, end: number): number =>
  end > 0 ? value.lastIndexOf(',', end - 1) : -1
