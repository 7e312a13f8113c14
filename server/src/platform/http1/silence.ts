import type { Wire } from './wire.ts'

/** For how long nothing has moved on a connection. */
export class Silence {
  #moved = 0
  #since: number

  constructor(now: number) {
    this.#since = now
  }

  /** Ms; 0 while it `isAllowed`, and at the first look after that. */
  lasts(wire: Wire, isAllowed: boolean, now: number): number {
    const moved = isAllowed ? 0 : wire.moved
    if (isAllowed || moved !== this.#moved) {
      this.#moved = moved
      this.#since = now
    }
    return now - this.#since
  }
}
