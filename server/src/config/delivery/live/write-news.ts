import type { RefetchEvent, RevisionEvent } from '../../../../../contract/live.ts'
import { type Piece, pieceOf } from '../../../platform/http/own-stream.ts'

/** How a stream tells: in events of our own, or in the messages that OpenFeature's web provider understands. */
export const streamForms = ['revision', 'ofrep'] as const
export type StreamForm = (typeof streamForms)[number]

/** One change, written once for all who are told of it. */
export interface News {
  sequence: number
  text(form: StreamForm): string
  written(form: StreamForm): Piece
}

/** Readers who are told at once may come for the config all at once: so many a second are no load for one process. */
const readsASecond = 5_000
const jitterMostMs = 60_000

/** Over how long the readers of an app should spread what they ask for when they are told: 5,000 of them a second. */
export const jitterMsFor = (readers: number): number =>
  readers < 50 ? 0 : Math.min(jitterMostMs, Math.ceil((readers / readsASecond) * 1_000))

/** Thousands are told at once: where the names of what has changed take more than this, they are not told one by one. */
const changedKeysMostCharacters = 8_192

export const writeNews = (sequence: number, news: RevisionEvent): News => {
  const isLong = JSON.stringify(news.changedKeys).length > changedKeysMostCharacters
  const event = isLong ? { ...news, changedKeys: null } : news
  const pieces: Partial<Record<StreamForm, Piece>> = {}
  const text = (form: StreamForm): string =>
    form === 'ofrep' ? refetchMessage(sequence) : revisionMessage(sequence, event)
  return {
    sequence,
    text,
    written(form) {
      pieces[form] ??= pieceOf(text(form))
      return pieces[form]
    },
  }
}

const revisionMessage = (sequence: number, event: RevisionEvent): string =>
  `id: ${sequence}\nevent: revision\ndata: ${JSON.stringify(event)}\n\n`

const refetchMessage = (sequence: number): string => {
  const event: RefetchEvent = { type: 'refetchEvaluation', etag: String(sequence) }
  return `id: ${sequence}\ndata: ${JSON.stringify(event)}\n\n`
}
