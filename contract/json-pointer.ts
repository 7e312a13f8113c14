/** Writes a path of member names and array indexes as an RFC 6901 pointer; the empty path is the whole document. */
export const jsonPointer = (path: readonly (string | number)[]): string =>
  path
    .map((step) => `/${typeof step === 'number' ? step : step.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('')
