import type { Policy } from './policy.ts'

/** Writes a policy into both fields. Text that stays the same is kept: it goes with nearly every answer. */
export class PolicyText {
  readonly #item: string
  readonly #first: string
  readonly #further: string
  #before = ''
  #joined: string
  #seconds = 0
  #end = ''

  constructor({ name, quota, windowMs }: Policy) {
    this.#item = `"${name}";q=${quota};w=${windowMs / 1_000}`
    this.#joined = this.#item
    this.#first = `"${name}";r=`
    this.#further = `, "${name}";r=`
  }

  /** RateLimit-Policy with this policy behind those before. */
  addItem(before: string): string {
    if (this.#before !== before) {
      this.#before = before
      this.#joined = before === '' ? this.#item : `${before}, ${this.#item}`
    }
    return this.#joined
  }

  /** RateLimit with what is left of this policy behind those before. */
  addLeft(before: string, remaining: number, seconds: number): string {
    if (this.#seconds !== seconds) {
      this.#seconds = seconds
      this.#end = `;t=${seconds}`
    }
    return before === ''
      ? this.#first + remaining + this.#end
      : before + this.#further + remaining + this.#end
  }
}
