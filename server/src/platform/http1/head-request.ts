import { HeadHeaders } from './head-headers.ts'
import type { Head } from './read-head.ts'
import type { RequestBody } from './request-body.ts'

/**
 * The Request of a head: what most handlers look at is there, and everything else is that of a whole Request, which is made when
 * it is first asked for.
 */
export class HeadRequest {
  readonly method: string
  readonly url: string
  readonly headers: Headers
  readonly #body: RequestBody | undefined
  #whole: Request | undefined
  #leaving: AbortController | undefined
  #hasLeft = false

  constructor(head: Head, url: string, body: RequestBody | undefined) {
    this.method = head.method
    this.url = url
    this.headers = new HeadHeaders(head.names, head.values) as unknown as Headers
    this.#body = body
    this.#whole = undefined
    this.#leaving = undefined
  }

  /** The client is gone. */
  leave(): void {
    this.#hasLeft = true
    this.#leaving?.abort(new Error('the client closed its connection'))
  }

  get signal(): AbortSignal {
    if (!this.#leaving) {
      this.#leaving = new AbortController()
      if (this.#hasLeft) this.leave()
    }
    return this.#leaving.signal
  }

  get body(): ReadableStream<Uint8Array> | null {
    return this.#whole ? this.#whole.body : this.#sent
  }

  /** A body that means nothing is none, as in every Request (RFC 9110 §9.3.1). */
  get #sent(): ReadableStream<Uint8Array> | null {
    return this.method === 'GET' || this.method === 'HEAD' ? null : (this.#body?.stream() ?? null)
  }

  get whole(): Request {
    this.#whole ??= this.#make()
    return this.#whole
  }

  #make(): Request {
    const { method, url, signal } = this
    const body = this.#sent
    const init = { method, signal, headers: [...this.headers], ...(body && { body, duplex: 'half' }) }
    return new Request(url, init as RequestInit)
  }

  get bodyUsed(): boolean {
    return this.#whole?.bodyUsed ?? this.#sent?.locked ?? false
  }
  text(): Promise<string> {
    return this.whole.text()
  }
  json(): Promise<unknown> {
    return this.whole.json()
  }
  arrayBuffer(): Promise<ArrayBuffer> {
    return this.whole.arrayBuffer()
  }
  bytes(): Promise<Uint8Array> {
    return this.whole.bytes()
  }
  blob(): Promise<Blob> {
    return this.whole.blob()
  }
  formData(): Promise<FormData> {
    return this.whole.formData()
  }
  clone(): Request {
    return this.whole.clone()
  }
}

Object.setPrototypeOf(HeadRequest.prototype, Request.prototype)
for (const name of [
  'cache',
  'credentials',
  'destination',
  'integrity',
  'keepalive',
  'mode',
  'redirect',
  'referrer',
  'referrerPolicy',
]) {
  Object.defineProperty(HeadRequest.prototype, name, {
    get(this: HeadRequest): unknown {
      return (this.whole as unknown as Record<string, unknown>)[name]
    },
  })
}
