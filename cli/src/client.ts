import { UsageProblem } from './command.ts'
import { type Asked, type Connection, exchange, failureOf, stranger } from './exchange.ts'
import type { Answered, ItemOf, Line, ListLine, Question } from './operation-types.ts'

/** The management API, called by the names and shapes of the contract. Nothing is asked twice by itself. */
export interface Client {
  url: string
  /** Calls an operation; resolves with its answer. Throws a Refusal, or a Failure where none comes. */
  ask: <L extends Line>(line: L, question: Question<L>) => Promise<Answered<L>>
  /** All items of a list, page after page, each page asked for when it is needed. */
  list: <L extends ListLine>(line: L, question: ListQuestion<L>) => AsyncGenerator<ItemOf<L>>
  /** Sends a body that is no JSON; resolves with the answer, which is. Throws as `ask` does. */
  send: (asked: Asked) => Promise<unknown>
  /** Asks for what is no JSON; resolves with the good answer, unread. Throws as `ask` does. */
  stream: (asked: Asked) => Promise<Response>
}

export type ListQuestion<L extends ListLine> = Question<L> & { query: { limit: number } }

export const openClient = (connection: Connection): Client => {
  const ask = async <L extends Line>(line: L, question: Question<L>): Promise<Answered<L>> => {
    // Every Question is one of these; which one, TypeScript knows where the line is known.
    const answer = await exchangeJson(connection, askedOf(line, question as AnyQuestion))
    return answer as Answered<L>
  }
  return {
    url: connection.url,
    ask,
    list: (line, question) => pagesOf(ask, line, question),
    send: (asked) => exchangeJson(connection, asked),
    stream: (asked) => exchange(connection, { ...asked, isLong: true }),
  }
}

const exchangeJson = async (connection: Connection, asked: Asked): Promise<unknown> => {
  const response = await exchange(connection, asked)
  if (!response.headers.get('content-type')?.startsWith('application/json')) {
    throw stranger(connection, response)
  }
  try {
    return await response.json()
  } catch (error) {
    throw failureOf(error, connection, asked)
  }
}

/** What a question may hold, whatever the operation. */
interface AnyQuestion {
  params?: Record<string, string | number>
  query?: Record<string, string | number | undefined>
  body?: unknown
  ifMatch?: number | undefined
  idempotencyKey?: string | undefined
}

const askedOf = (line: Line, question: AnyQuestion): Asked => {
  const [method = '', template = ''] = line.split(' ')
  const { params = {}, query = {}, body, ifMatch, idempotencyKey } = question
  const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    segmentOf(name, String(params[name] ?? '')),
  )
  return {
    method,
    path: path + queryText(query),
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(ifMatch !== undefined && { 'if-match': `"${ifMatch}"` }),
      ...(idempotencyKey !== undefined && { 'idempotency-key': `"${idempotencyKey}"` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }
}

/** A name in an address. Throws a UsageProblem for one that would make it the address of something else. */
const segmentOf = (name: string, value: string): string => {
  if (!/^\.{0,2}$/.test(value)) return encodeURIComponent(value)
  throw new UsageProblem(`<${name}> is ${JSON.stringify(value)}, which names nothing.`)
}

/** A query with its question mark; empty when nothing is asked for. */
export const queryText = (query: Record<string, string | number | undefined>): string => {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  )
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
}

async function* pagesOf<L extends ListLine>(
  ask: Client['ask'],
  line: L,
  question: ListQuestion<L>,
): AsyncGenerator<ItemOf<L>> {
  let cursor: string | null = null
  do {
    const query: object = { ...question.query, ...(cursor !== null && { cursor }) }
    const page: { items: unknown[]; nextCursor: string | null } = await ask(line, { ...question, query })
    yield* page.items as ItemOf<L>[]
    cursor = page.nextCursor
  } while (cursor !== null)
}
