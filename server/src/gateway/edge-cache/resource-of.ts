/** An address without its query. */
export const resourceOf = (url: string): string => {
  const start = url.indexOf('?')
  return start < 0 ? url : url.slice(0, start)
}
