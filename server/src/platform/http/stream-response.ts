import { apiSecurity } from './security-headers.ts'

/** Fewer and larger pieces cost less on the way than a line at a time. */
const pieceCharacters = 65_536

interface StreamOptions {
  contentType: string
  /** Texts are sent together until they have this many characters; 1: each by itself. */
  pieceCharacters?: number
  /** Hears why an answer that had begun was broken off. */
  onBroken: (error: unknown) => void
}

/**
 * Answers 200 with texts as they come, at the pace of the reader. The first piece is made before the answer begins, so that
 * a failure until then is a problem like any other; a later one breaks the answer off, which HTTP clients notice.
 */
export const streamResponse = async (
  texts: AsyncGenerator<string>,
  options: StreamOptions,
): Promise<Response> => {
  const encoder = new TextEncoder()
  const most = options.pieceCharacters ?? pieceCharacters
  const next = async (): Promise<Uint8Array<ArrayBuffer> | undefined> => {
    let piece = ''
    while (piece.length < most) {
      const { value, done } = await texts.next()
      if (done) break
      piece += value
    }
    return piece === '' ? undefined : encoder.encode(piece)
  }
  const breakOff = (error: unknown): never => {
    options.onBroken(error)
    throw error
  }
  let first = await next()
  const body = new ReadableStream({
    async pull(controller) {
      const piece = first ?? (await next().catch(breakOff))
      first = undefined
      if (piece) controller.enqueue(piece)
      else controller.close()
    },
    async cancel() {
      await texts.return(undefined)
    },
  })
  return new Response(body, {
    headers: { 'content-type': options.contentType, 'cache-control': 'no-store', ...apiSecurity },
  })
}
