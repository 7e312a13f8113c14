/** Path and query of an absolute URL, without building a URL object: this runs for every request. */
export const targetOf = (url: string): string => {
  const begin = url.indexOf('/', url.indexOf('//') + 2)
  const end = url.indexOf('#', begin)
  return begin < 0 ? '/' : url.slice(begin, end < 0 ? undefined : end)
}
