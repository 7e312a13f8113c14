import { OutOfTime } from '../within.ts'

const fieldOf = (error: unknown, field: string): unknown =>
  typeof error === 'object' && error !== null ? Reflect.get(error, field) : undefined

/** SQLSTATE classes and codes (PostgreSQL, appendix A) of a store that may answer the same question later. */
const unavailableStates = [
  /^08/, // connection exceptions
  /^53/, // too many connections, disk full, out of memory
  /^57P0/, // shutting down, crashed, starting up, database dropped
  /^57014$/, // statement timeout
  /^55P03$/, // lock timeout
  /^55000$/, // the database takes no connections, as while it is restored
  /^25P0[34]$/, // idle in transaction, transaction timeout
  /^25006$/, // read-only: a replica, or recovery
  /^28/, // credentials refused, as while they are being changed
  /^3D000$/, // the database does not exist (yet)
  /^58/, // I/O errors of the server
]

const systemErrors = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'],
  ...['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN', 'ENOTCONN'],
])

/** A Unix socket that is not there; any other missing file is not the database's doing. */
const isMissingSocket = (error: unknown): boolean =>
  fieldOf(error, 'code') === 'ENOENT' && fieldOf(error, 'syscall') === 'connect'

/** What pg, Kysely and PGlite say without a code. */
const unavailableMessages = [
  /^Connection terminated/,
  /^timeout exceeded when trying to connect$/,
  /^timeout expired$/,
  /^Query read timeout$/,
  /^Client (has encountered a connection error|was closed) and is not queryable$/,
  /^Cannot use a pool after calling end on the pool$/,
  /^Postgres connection has been discarded$/,
  /^driver has already been destroyed$/,
  /^PGlite (is|instance is already) clos/,
]

const isUnavailableItself = (error: unknown): boolean => {
  // A RuntimeError is the end of PGlite's WebAssembly; DataInUse, that another process has its data now.
  const name = fieldOf(error, 'name')
  if (error instanceof OutOfTime || name === 'RuntimeError' || name === 'DataInUse') return true
  const code = fieldOf(error, 'code')
  if (typeof code === 'string') {
    const known = systemErrors.has(code) || unavailableStates.some((state) => state.test(code))
    return known || isMissingSocket(error)
  }
  const message = fieldOf(error, 'message')
  return typeof message === 'string' && unavailableMessages.some((pattern) => pattern.test(message))
}

const severalOf = (error: unknown): unknown[] => {
  const errors = fieldOf(error, 'errors')
  return [...(Array.isArray(errors) ? errors : []), fieldOf(error, 'cause')].filter(
    (part) => part !== undefined,
  )
}

/** Whether two transactions stood in each other's way and this one gave in: the same again may well succeed. */
export const gaveWay = (error: unknown): boolean => /^40(P01|001)$/.test(String(fieldOf(error, 'code')))

/** Whether the client waited in vain: the connection of such a query must not be used again. */
export const isSilence = (error: unknown): boolean => fieldOf(error, 'message') === 'Query read timeout'

/**
 * Whether a connection that answered this is of no more use: the server is ending it (57P01 and its like arrive before
 * the end itself), or has become read-only (25006), as after a failover.
 */
export const endsConnection = (error: unknown): boolean =>
  /^(57P0.|25P0[34]|25006)$/.test(String(fieldOf(error, 'code')))

/**
 * Whether the database could not be asked, as opposed to having refused what was asked: connection refused, reset or
 * terminated, out of time (connect, statement, lock), shutting down, too many connections, read-only. Looks into
 * `cause` and `errors` too.
 */
export const isStoreUnavailable = (error: unknown): boolean =>
  isUnavailableItself(error) || severalOf(error).some(isStoreUnavailable)
