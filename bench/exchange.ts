import { connect } from 'node:net'

export interface Exchange {
  status: number
  /** Names in lower case. */
  headers: Record<string, string>
  body: Buffer
  /** All bytes on the wire, head and body. */
  bytes: number
}

const parse = (raw: Buffer): Exchange | undefined => {
  const end = raw.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [statusLine = '', ...lines] = raw.subarray(0, end).toString('latin1').split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
    }),
  )
  const status = Number(statusLine.split(' ')[1])
  const length = status === 304 ? 0 : Number(headers['content-length'] ?? Number.NaN)
  if (Number.isNaN(length)) throw new Error(`an answer without Content-Length: ${statusLine}`)
  const bytes = end + 4 + length
  return raw.length < bytes ? undefined : { status, headers, body: raw.subarray(end + 4, bytes), bytes }
}

/** One GET on a raw socket, sent as wrk sends it, so that sizes and headers are those of the load. */
export const exchange = (url: string, given: Record<string, string> = {}): Promise<Exchange> =>
  new Promise((resolve, reject) => {
    const { hostname, port, pathname, host } = new URL(url)
    const socket = connect(Number(port), hostname)
    const lines = Object.entries({ Host: host, ...given }).map(([name, value]) => `${name}: ${value}\r\n`)
    socket.write(`GET ${pathname} HTTP/1.1\r\n${lines.join('')}\r\n`)
    let raw = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      raw = Buffer.concat([raw, chunk])
      try {
        const parsed = parse(raw)
        if (parsed) resolve(parsed)
        if (parsed) socket.destroy()
      } catch (error) {
        reject(error)
        socket.destroy()
      }
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error(`${url} closed the connection without a whole answer`)))
  })
