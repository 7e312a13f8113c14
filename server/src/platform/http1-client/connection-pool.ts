import { PeerFailure } from '../peers/peer-failure.ts'
import type { Connections } from './call.ts'
import { ClientConnection, type Keeper } from './client-connection.ts'
import { dial, type Origin } from './dial.ts'

/** Who waits for a connection. */
export interface Waiter {
  /** It is the waiter's alone, until it has carried what the waiter sends. */
  connected(connection: ClientConnection, isReused: boolean): void
  failed(failure: PeerFailure): void
}

/** Those that nobody uses and that are kept all the same. */
const idleMost = 256

/** The connections to one origin: those that are free are used again, the last that became free first; who finds none waits. */
export class ConnectionPool implements Connections, Keeper {
  readonly #origin: Origin
  readonly #most: number
  readonly #open = new Set<ClientConnection>()
  readonly #idle: ClientConnection[] = []
  /** What gives up a connection that is being made. */
  readonly #dialling = new Map<Waiter, () => void>()
  /** In the order in which they came. */
  readonly #waiting = new Set<Waiter>()

  /** `most`: connections at a time. */
  constructor(origin: Origin, most: number) {
    this.#origin = origin
    this.#most = most
  }

  /** Gets the waiter a connection: at once, or when there is one. */
  take(waiter: Waiter): void {
    const idle = this.#takeIdle()
    if (idle) waiter.connected(idle, true)
    else if (this.#open.size + this.#dialling.size < this.#most) this.#dial(waiter)
    else this.#waiting.add(waiter)
  }

  /** The waiter waits no more, and hears nothing. */
  forget(waiter: Waiter): void {
    this.#waiting.delete(waiter)
    const giveUp = this.#dialling.get(waiter)
    if (!giveUp) return
    this.#dialling.delete(waiter)
    giveUp()
    this.#serveNext()
  }

  /** Closes those that nobody uses. */
  dropIdle(): void {
    for (const connection of this.#idle.splice(0)) connection.leave()
  }

  /** Closes all; who waits is told. Whoever comes later gets a new one. */
  close(): void {
    const waiters = [...this.#waiting, ...this.#dialling.keys()]
    this.#waiting.clear()
    for (const giveUp of this.#dialling.values()) giveUp()
    this.#dialling.clear()
    this.#idle.length = 0
    for (const connection of this.#open) connection.abort(new Error('all connections are closed'))
    for (const waiter of waiters) waiter.failed(new PeerFailure('unreachable'))
  }

  free(connection: ClientConnection): void {
    const [next] = this.#waiting
    if (next) {
      this.#waiting.delete(next)
      next.connected(connection, true)
    } else if (this.#idle.length < idleMost && connection.idleUntil > performance.now())
      this.#idle.push(connection)
    else connection.leave()
  }

  closed(connection: ClientConnection): void {
    this.#open.delete(connection)
    const at = this.#idle.indexOf(connection)
    if (at >= 0) this.#idle.splice(at, 1)
    this.#serveNext()
  }

  #takeIdle(): ClientConnection | undefined {
    for (let last = this.#idle.pop(); last; last = this.#idle.pop()) {
      if (last.isIdle && last.idleUntil > performance.now()) return last
      last.leave()
    }
    return undefined
  }

  #serveNext(): void {
    const [next] = this.#waiting
    if (!next || this.#open.size + this.#dialling.size >= this.#most) return
    this.#waiting.delete(next)
    this.#dial(next)
  }

  #dial(waiter: Waiter): void {
    const giveUp = dial(this.#origin, {
      connected: (wire) => {
        this.#dialling.delete(waiter)
        const connection = new ClientConnection(wire, this)
        this.#open.add(connection)
        wire.listen(connection)
        waiter.connected(connection, false)
      },
      failed: (failure) => {
        this.#dialling.delete(waiter)
        waiter.failed(failure)
        this.#serveNext()
      },
    })
    this.#dialling.set(waiter, giveUp)
  }
}
