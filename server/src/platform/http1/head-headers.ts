/**
 * The headers of a request as they were read, for the few that are looked at: a Headers object costs more than all the looks. It
 * is made where somebody goes through all of them, or changes one.
 */
export class HeadHeaders {
  readonly #names: readonly string[]
  readonly #values: readonly string[]
  #whole: Headers | undefined

  constructor(names: readonly string[], values: readonly string[]) {
    this.#names = names
    this.#values = values
    this.#whole = undefined
  }

  #all(): Headers {
    if (this.#whole) return this.#whole
    const whole = new Headers()
    for (let at = 0; at < this.#names.length; at += 1) {
      whole.append(this.#names[at] as string, this.#values[at] as string)
    }
    this.#whole = whole
    return whole
  }

  get(given: string): string | null {
    if (this.#whole) return this.#whole.get(given)
    const name = given.toLowerCase()
    const names = this.#names
    let value: string | null = null
    for (let at = 0; at < names.length; at += 1) {
      if (names[at] !== name) continue
      const one = this.#values[at] as string
      value = value === null ? one : `${value}${name === 'cookie' ? '; ' : ', '}${one}`
    }
    return value
  }

  has(name: string): boolean {
    return this.#whole ? this.#whole.has(name) : this.#names.includes(name.toLowerCase())
  }

  append(name: string, value: string): void {
    this.#all().append(name, value)
  }
  set(name: string, value: string): void {
    this.#all().set(name, value)
  }
  delete(name: string): void {
    this.#all().delete(name)
  }
  getSetCookie(): string[] {
    return this.#all().getSetCookie()
  }
  forEach(callback: (value: string, name: string, headers: Headers) => void, of?: unknown): void {
    this.#all().forEach(callback, of)
  }
  keys(): HeadersIterator<string> {
    return this.#all().keys()
  }
  values(): HeadersIterator<string> {
    return this.#all().values()
  }
  entries(): HeadersIterator<[string, string]> {
    return this.#all().entries()
  }
  [Symbol.iterator](): HeadersIterator<[string, string]> {
    return this.#all().entries()
  }
}

type HeadersIterator<T> = IterableIterator<T>

Object.setPrototypeOf(HeadHeaders.prototype, Headers.prototype)
