import { longestWaitSeconds } from '../../../../../contract/live.ts'
import { Problem } from '../../../../../contract/problems.ts'
import { readRevision } from '../read-query.ts'
import { type StreamForm, streamForms } from './write-news.ts'

/** What a stream is to be like. */
export interface StreamQuery {
  form: StreamForm
  /** The newest sequence the client has, from wherever; undefined where it says nothing. */
  seen: number | undefined
}

/** What a read is to wait for. */
export interface WaitQuery {
  waitMs: number
  /** The revision of the config that the client has. */
  revision: number
}

const queryOf = (url: string): string => {
  const start = url.indexOf('?')
  return start < 0 ? '' : url.slice(start + 1)
}

const invalid = (parameter: string, detail: string): Problem =>
  new Problem('invalid_parameter', { detail, errors: [{ code: 'invalid_parameter', parameter, detail }] })

/** The only value of a parameter, where it is as it must be. Throws 400. */
const readOne = (query: URLSearchParams, name: string, pattern: RegExp, must: string): string | undefined => {
  const values = query.getAll(name)
  const [value] = values
  if (value === undefined) return undefined
  if (values.length > 1 || !pattern.test(value)) {
    throw invalid(
      name,
      `${name} is ${JSON.stringify(values.join(', ').slice(0, 50))}, but it must be ${must}, given once.`,
    )
  }
  return value
}

const wholeNumber = /^\d{1,15}$/

/** An id that this server never gave is older than everything. */
const readEventId = (text: string | null): number | undefined =>
  text === null || text === '' ? undefined : wholeNumber.test(text) ? Number(text) : 0

/** What the address and `Last-Event-ID` ask of a stream; a browser repeats the address when it comes back. Throws 400. */
export const readStreamQuery = ({ url, headers }: Request): StreamQuery => {
  const text = queryOf(url)
  const query = new URLSearchParams(text)
  const others = streamForms.filter((form) => form !== 'revision')
  const form = readOne(query, 'as', new RegExp(`^(?:${others.join('|')})$`), `${others.join(' or ')}`)
  const told = [
    readRevision(text) ?? undefined,
    readEventId(query.get('lastEventId')),
    readEventId(headers.get('last-event-id')),
  ].filter((one) => one !== undefined)
  return { form: (form as StreamForm) ?? 'revision', seen: told.length > 0 ? Math.max(...told) : undefined }
}

const seconds = /^(?:[1-9]|[1-5]\d|60)$/

/** What the address of a read asks to wait for; undefined for nearly all. Throws 400. */
export const readWaitQuery = (url: string): WaitQuery | undefined => {
  if (!url.includes('wait')) return undefined
  const text = queryOf(url)
  const query = new URLSearchParams(text)
  const must = `a whole number of seconds from 1 to ${longestWaitSeconds}`
  const wait = readOne(query, 'wait', seconds, must)
  if (wait === undefined) return undefined
  const revision = readRevision(text)
  if (revision === null) throw invalid('revision', 'wait needs revision: that of the config you have.')
  return { waitMs: Number(wait) * 1_000, revision }
}
