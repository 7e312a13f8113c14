import { z } from '@hono/zod-openapi'

/** What a query says: the values of all series, or why there are none. */
export type Measured = { values: number[] } | { problem: string }

/** Asks for what a query says now. */
export type AskPrometheus = (query: string) => Promise<Measured>

const answersWithinMs = 3_000
/** A query without an answer is not asked again for so long: one that hangs must not keep other rollouts from being judged. */
const restMs = 30_000
const bytesMost = 1_048_576

const sample = z.tuple([z.number(), z.string()])
const answer = z.union([
  z.object({
    status: z.literal('success'),
    data: z.discriminatedUnion('resultType', [
      z.object({ resultType: z.literal('vector'), result: z.array(z.object({ value: sample })) }),
      z.object({ resultType: z.literal('scalar'), result: sample }),
    ]),
  }),
  z.object({ status: z.literal('error'), error: z.string() }),
])

/**
 * Makes what asks the Prometheus at this URL (`GET /api/v1/query`), which is a setting: the query alone is an operator's, and a
 * redirect is not followed. It never throws: whatever is in the way is told.
 */
export const createAskPrometheus = (prometheusUrl: string | undefined): AskPrometheus => {
  const resting = new Map<string, { until: number; problem: string }>()
  return async (query) => {
    if (prometheusUrl === undefined) return { problem: 'PARASOL_PROMETHEUS_URL is not set' }
    const rest = resting.get(query)
    if (rest !== undefined && performance.now() < rest.until) return { problem: rest.problem }
    resting.delete(query)
    try {
      const { url, headers } = requestOf(prometheusUrl, query)
      const signal = AbortSignal.timeout(answersWithinMs)
      const response = await fetch(url, { headers, redirect: 'error', signal })
      return read(await textOf(response), response.status)
    } catch (error) {
      const { name, cause } = error as { name?: string; cause?: { code?: string } }
      const problem = `Prometheus does not answer (${cause?.code ?? name})`
      resting.set(query, { until: performance.now() + restMs, problem })
      return { problem }
    }
  }
}

/** `fetch` takes no user and password in a URL. */
const requestOf = (prometheusUrl: string, query: string): { url: URL; headers: Record<string, string> } => {
  const url = new URL(prometheusUrl)
  const { username, password } = url
  url.username = ''
  url.password = ''
  url.pathname = `${url.pathname.replace(/\/$/, '')}/api/v1/query`
  url.search = new URLSearchParams({ query }).toString()
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return {
    url,
    headers: username === '' ? {} : { authorization: `Basic ${Buffer.from(pair).toString('base64')}` },
  }
}

const textOf = async (response: Response): Promise<string> => {
  let [text, bytes] = ['', 0]
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > bytesMost) throw new Error('the answer is too long')
    text += decoder.decode(chunk, { stream: true })
  }
  return text
}

const read = (text: string, status: number): Measured => {
  const { success, data } = answer.safeParse(parsed(text))
  if (!success) return { problem: `Prometheus answered HTTP ${status}, and neither a vector nor a scalar` }
  if (data.status === 'error') return { problem: `Prometheus refused the query: ${data.error.slice(0, 300)}` }
  const samples =
    data.data.resultType === 'scalar' ? [data.data.result] : data.data.result.map((one) => one.value)
  return { values: samples.map(([, value]) => numberOf(value)).filter((value) => !Number.isNaN(value)) }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** As Prometheus writes numbers: `+Inf`, `-Inf` and `NaN` too. */
const numberOf = (text: string): number => {
  if (text === '+Inf' || text === '-Inf') return Number(`${text}inity`)
  return Number(text)
}
