import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

/** A server on a port of its own that notes what it is sent, byte for byte, and answers as it is told. */
export interface RecordingServer {
  url: string
  /** Whole requests, in their order. */
  requests: string[]
  /** The next answers, `HTTP/1.1` left out; after these 200. */
  answers: string[]
  close(): Promise<void>
}

const isWhole = (text: string): boolean => {
  const end = text.indexOf('\r\n\r\n')
  const length = Number(/^content-length: (\d+)\r$/im.exec(text)?.[1] ?? 0)
  return end >= 0 && Buffer.byteLength(text.slice(end + 4)) >= length
}

/** An answer without a body, or with one. */
export const answer = (status: string, headers: string[] = [], body = ''): string =>
  [`${status}`, ...headers, `Content-Length: ${Buffer.byteLength(body)}`, 'Connection: close', '', body].join(
    '\r\n',
  )

/** In place of an answer: the request waits until its sender has enough. */
export const noAnswer = 'no answer'

export const startRecording = async (): Promise<RecordingServer> => {
  const requests: string[] = []
  const answers: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    let text = ''
    socket.on('error', () => {}).once('close', () => sockets.delete(socket))
    socket.setEncoding('utf8').on('data', (part) => {
      text += part
      if (!isWhole(text)) return
      requests.push(text)
      text = ''
      const next = answers.shift() ?? answer('200 OK')
      if (next !== noAnswer) socket.end(`HTTP/1.1 ${next}`)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answers,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
