import { bodyOf } from './stored.ts'

/** How many bytes of bodies may be in memory that are on their way into the store, over all of them. */
export interface CaptureBudget {
  left: number
}

interface CaptureOptions {
  /** The most bytes of one body. */
  maxBytes: number
  budget: CaptureBudget
  /** What Content-Length says; a body of another length is incomplete. */
  length: number | null
}

/** The whole body; null where it is too large, broke off or does not fit its announced length. */
export interface Gathered {
  body: Uint8Array<ArrayBuffer> | null
  isTooLarge: boolean
}

export interface Captured {
  /** The same bytes for the client, as they come. */
  body: ReadableStream<Uint8Array<ArrayBuffer>>
  /** Settled once the body is over, or known to be too large. Never fails. */
  whole: Promise<Gathered>
}

type Reader = ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>
type Client = ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>

/**
 * Lets a body pass to the client and gathers it meanwhile, as fast as it comes: neither a slow client nor one that goes
 * away keeps it from being complete. A body that turns out too large goes on at the client's pace, and ends with him.
 */
export const captureBody = (
  source: ReadableStream<Uint8Array<ArrayBuffer>>,
  options: CaptureOptions,
): Captured => {
  const reader = source.getReader()
  let resolve: (whole: Gathered) => void = () => {}
  const whole = new Promise<Gathered>((settle) => {
    resolve = settle
  })
  const state = { isGathering: true, isClientGone: false, wake: undefined as (() => void) | undefined }
  let client: Client | undefined
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      client = controller
    },
    pull: () => state.wake?.(),
    cancel(reason) {
      state.isClientGone = true
      state.wake?.()
      if (!state.isGathering) return reader.cancel(reason)
    },
  })
  if (client) void pump(reader, client, state, gatherer(options, resolve, state))
  return { body, whole }
}

interface State {
  isGathering: boolean
  isClientGone: boolean
  /** Goes on with a body that is too large, once the client wants more. */
  wake: (() => void) | undefined
}

interface Gatherer {
  take(chunk: Uint8Array): void
  finish(isComplete: boolean): void
}

const gatherer = (
  { maxBytes, budget, length }: CaptureOptions,
  resolve: (whole: Gathered) => void,
  state: State,
): Gatherer => {
  let chunks: Uint8Array[] = []
  let total = 0
  const finish = (isComplete: boolean, isTooLarge = false): void => {
    if (!state.isGathering) return
    state.isGathering = false
    budget.left += total
    const fits = isComplete && (length === null || length === total)
    resolve({ body: fits ? bodyOf(chunks, total) : null, isTooLarge })
    chunks = []
  }
  return {
    take(chunk) {
      if (!state.isGathering) return
      if (total + chunk.length > maxBytes || chunk.length > budget.left) return finish(false, true)
      chunks.push(chunk)
      total += chunk.length
      budget.left -= chunk.length
    },
    finish,
  }
}

const pump = async (reader: Reader, client: Client, state: State, gather: Gatherer): Promise<void> => {
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      gather.take(value)
      if (!state.isClientGone) client.enqueue(value)
      if (!state.isGathering) await clientWantsMore(client, state)
      if (!state.isGathering && state.isClientGone) return void (await reader.cancel())
    }
    gather.finish(true)
    if (!state.isClientGone) client.close()
  } catch (error) {
    gather.finish(false)
    if (!state.isClientGone) client.error(error)
  }
}

const clientWantsMore = (client: Client, state: State): Promise<void> | undefined => {
  if (state.isClientGone || (client.desiredSize ?? 1) > 0) return undefined
  return new Promise((resolve) => {
    state.wake = resolve
  })
}
