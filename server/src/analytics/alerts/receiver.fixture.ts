import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a receiver was sent. */
export interface Received {
  path: string
  headers: IncomingHttpHeaders
  text: string
}

/** How a receiver answers: with a status, headers and a body; in pieces without end; or not at all. */
export type Answering =
  | { status: number; headers?: Record<string, string>; body?: string }
  | 'endless'
  | 'silent'

/** A receiver of webhooks on a port of its own; answers as it is told, then 200. */
export const startReceiver = async () => {
  const received: Received[] = []
  const answers: Answering[] = []
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const part of request.setEncoding('utf8')) text += part
    received.push({ path: request.url ?? '', headers: request.headers, text })
    const answer = answers.shift() ?? { status: 200, body: 'ok' }
    if (answer === 'silent') return
    if (answer === 'endless') {
      response.writeHead(200)
      const more = setInterval(() => response.write('x'.repeat(65_536)), 5)
      response.on('error', () => {}).on('close', () => clearInterval(more))
      return
    }
    response.writeHead(answer.status, answer.headers).end(answer.body ?? '')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answers,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

export type TestReceiver = Awaited<ReturnType<typeof startReceiver>>
