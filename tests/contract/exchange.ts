import { connect } from 'node:net'

/** One answer cut out of the bytes of a connection. */
export interface RawAnswer {
  statusLine: string
  status: number
  /** In lower case; the last of a name wins. */
  headers: Record<string, string>
  body: string
}

interface Exchanging {
  /** Which requests have to be answered. */
  methods?: readonly string[]
  quietMs?: number
}

/**
 * Sends these bytes on a connection of its own and resolves with all that came back once the server closed it, or fell
 * silent for `quietMs` after its last answer: before that, a busy one may be silent for as long as it needs.
 */
export const exchange = (
  url: string,
  bytes: string | Buffer,
  { methods = ['GET'], quietMs = 300 }: Exchanging = {},
): Promise<string> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    let received = ''
    let quiet: NodeJS.Timeout | undefined
    const done = (): void => {
      clearTimeout(quiet)
      socket.destroy()
      resolve(received)
    }
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      clearTimeout(quiet)
      if (areAnswered(received, methods)) quiet = setTimeout(done, quietMs)
    })
    socket.on('end', done)
    // A server that refuses to read on resets the connection; what it said before counts.
    socket.on('error', (error) => (received === '' ? reject(error) : done()))
    socket.write(bytes)
  })

/** To the last byte; that the client shall go on is no answer yet. */
const areAnswered = (received: string, methods: readonly string[]): boolean => {
  const answers = cutAnswers(received.replace(/^(?:HTTP\/1\.1 1[\s\S]*?\r\n\r\n)+/, ''), methods)
  return methods.every((method, at) => {
    const answer = answers[at]
    return answer && answer.status > 0 && answer.body.length === lengthOf(method, answer)
  })
}

const lengthOf = (method: string, { status, headers }: Pick<RawAnswer, 'status' | 'headers'>): number =>
  method === 'HEAD' || status === 204 || status === 304 ? 0 : Number(headers['content-length'] ?? 0)

/** Cuts answers that came one after the other on one connection. `methods` tells which requests they answer. */
export const cutAnswers = (received: string, methods: readonly string[]): RawAnswer[] => {
  const answers: RawAnswer[] = []
  let rest = received
  for (const method of methods) {
    const end = rest.indexOf('\r\n\r\n')
    if (end < 0) break
    const [statusLine = '', ...lines] = rest.slice(0, end).split('\r\n')
    const headers = Object.fromEntries(
      lines.map((line) => {
        const colon = line.indexOf(':')
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
      }),
    )
    const status = Number(statusLine.split(' ')[1])
    const length = lengthOf(method, { status, headers })
    answers.push({ statusLine, status, headers, body: rest.slice(end + 4, end + 4 + length) })
    rest = rest.slice(end + 4 + length)
  }
  return rest === '' ? answers : [...answers, { statusLine: rest, status: 0, headers: {}, body: rest }]
}
