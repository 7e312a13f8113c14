/** Every bound of a session in milliseconds, from the one setting. The server gives up first, so that it can say why. */
export const boundsOf = (statementTimeoutMs: number) => ({
  statement: statementTimeoutMs,
  lock: Math.ceil(statementTimeoutMs / 2),
  idleInTransaction: statementTimeoutMs * 2,
  /** A server that answers nothing at all (stopped, unplugged) is left alone after this. */
  silence: statementTimeoutMs + 1_000,
})
