/** What no header may have: it would end the line, or be read otherwise by the next. */
const unsayable = /[^\t\x20-\x7e\x80-\xff]/
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const unsayableTarget = /[^\x21-\x7e\x80-\xff]/

/** The head of a request (RFC 9112 §3), with the empty line, in Latin-1. Throws a TypeError for what cannot be said in one. */
export const writeRequestHead = (
  method: string,
  target: string,
  fields: Readonly<Record<string, string>>,
): string => {
  if (unsayableTarget.test(target)) throw new TypeError('a target must be of visible letters')
  let head = `${method} ${target} HTTP/1.1\r\n`
  for (const name in fields) {
    const value = fields[name] as string
    if (!token.test(name) || unsayable.test(value))
      throw new TypeError(`the header ${JSON.stringify(name)} cannot be sent`)
    head += `${name}: ${value}\r\n`
  }
  // For servers of HTTP/1.0; all others do that anyway.
  return `${head}connection: keep-alive\r\n\r\n`
}
