/** What a CDN is to forget, as one request to it. */
export interface Purging {
  tags: readonly string[] | 'everything'
  /** The same for the same purge asked again: who understands it does it once. */
  reference: string
}

/** A request as it goes out, byte for byte but for `Host`, `Content-Length` and `Connection`. */
export interface PurgeRequest {
  method: string
  url: string
  headers: Readonly<Record<string, string>>
  body?: string
}

/** done: the CDN took it; later: ask again; never: it will not take just this. */
export type Verdict = 'done' | 'later' | 'never'

/** A CDN in front of Parasol that forgets what carries a tag. */
export interface Cdn {
  /** In lists and logs; its queue is kept under it, so it must not change. */
  name: string
  /** Tags that one request may hold. */
  tagsMost: number
  /** Bytes of these, each with a byte between. */
  bytesMost?: number
  /** A change of more apps than this purges everything, because each tag is paid for. */
  everythingAbove?: number
  request(purging: Purging, at: Date): PurgeRequest
  /** Where the status alone does not tell. */
  judge?(status: number, body: string): Verdict | undefined
}
