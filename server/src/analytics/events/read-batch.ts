import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { eventBatch, mostBatchBytes, mostEvents, type Rejection } from '../../../../contract/event.ts'
import type { JsonFinding } from '../../../../contract/json.ts'
import { isJsonObject } from '../../../../contract/json-equal.ts'
import { scanJson } from '../../../../contract/json-scan.ts'
import { Problem, problemOf } from '../../../../contract/problems.ts'
import { checkBody } from '../../platform/http/check-input.ts'
import { decodeUtf8, readBytes } from '../../platform/http/read-body.ts'
import type { HeldBytes } from './hold-bytes.ts'
import { keepsAllNames } from './keeps-all-names.ts'

/** A batch as it came: its events are not checked yet. */
export interface SentBatch {
  events: readonly unknown[]
  sentAt: string | undefined
  /** Events that cannot be read for what they are, by index. */
  unreadable: ReadonlyMap<number, Omit<Rejection, 'index'>>
}

const gunzipAsync = promisify(gunzip)
const limit = { maxBytes: mostBatchBytes, setting: null }
const mediaTypes = ['application/json', 'text/plain']
/** Deeper nesting than in any batch that is right; what is within is told of event by event. */
const maxDepth = 16
/** scanJson stops at so many. */
const findingsMost = 20

/**
 * Reads the body of a batch; `held` takes its bytes as they come. Throws a Problem: 400 (no JSON, broken gzip), 413, 415, 422 for what
 * is no batch, or 503 where there is no room for it.
 */
export const readBatch = async (request: Request, held: HeldBytes): Promise<SentBatch> => {
  checkType(request)
  const bytes = await readUnpacked(request, held)
  const body = parse(decodeUtf8(bytes, 'body'))
  if (isJsonObject(body) && Array.isArray(body.events) && body.events.length > mostEvents) {
    throw new Problem('body_too_large', {
      detail: `A batch may have ${mostEvents} events at most; this one has ${body.events.length}. Send them in several.`,
    })
  }
  const unreadable = keepsAllNames(bytes, body) ? none : findUnreadable(bytes)
  const { events, sentAt } = checkBody(eventBatch, body)
  return { events, sentAt, unreadable }
}

const none: SentBatch['unreadable'] = new Map()

/** A page that is left can send only what needs no preflight: a text. */
const checkType = ({ headers }: Request): void => {
  const type = headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? ''
  if (mediaTypes.includes(type)) return
  throw new Problem('unsupported_media_type', {
    detail: `Send events with Content-Type: application/json, or text/plain from sendBeacon${type ? ` (they came as ${type})` : ''}.`,
    headers: { accept: mediaTypes.join(', ') },
  })
}

const readUnpacked = async (request: Request, held: HeldBytes): Promise<Uint8Array> => {
  const coding = request.headers.get('content-encoding')?.trim().toLowerCase() ?? 'identity'
  if (coding !== 'identity' && coding !== 'gzip') {
    throw new Problem('unsupported_media_type', {
      detail: `Of content codings gzip is taken here (it came as ${coding}).`,
      headers: { 'accept-encoding': 'gzip, identity' },
    })
  }
  const packed = await readBytes(request, { ...limit, arrived: held.take })
  if (coding === 'identity') return packed
  const bytes = await unpack(packed)
  held.take(bytes.byteLength)
  return bytes
}

const unpack = async (packed: Uint8Array): Promise<Uint8Array> => {
  try {
    return await gunzipAsync(packed, { maxOutputLength: mostBatchBytes })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new Problem('body_too_large', {
        detail: `The body may have at most ${mostBatchBytes} bytes once it is unpacked.`,
      })
    }
    throw new Problem('invalid_request', { detail: 'The body is not whole gzip.', cause: error })
  }
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    // The strict reader says where, at a tenth of the speed.
    const findings = scanJson(text, maxDepth)
    if (findings.length > 0) throw problemOf(findings)
    throw new Problem('invalid_json', { detail: 'The body is not JSON.' })
  }
}

/** Looks for what JSON.parse swallowed; what is wrong within one event is held against that event alone. */
const findUnreadable = (bytes: Uint8Array): ReadonlyMap<number, Omit<Rejection, 'index'>> => {
  const findings = scanJson(decodeUtf8(bytes, 'body'), maxDepth)
  const found = new Map<number, Omit<Rejection, 'index'>>()
  for (const finding of findings) {
    const index = indexOf(finding)
    if (index === undefined || findings.length >= findingsMost) throw problemOf(findings)
    if (finding.code === 'duplicate_key') found.set(index, { code: finding.code, detail: finding.detail })
  }
  return found
}

const indexOf = ({ code, pointer }: JsonFinding): number | undefined => {
  const [, index] = /^\/events\/(\d+)(?:\/|$)/.exec(pointer) ?? []
  return index === undefined || code === 'too_deep' ? undefined : Number(index)
}
