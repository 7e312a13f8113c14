import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** Connections that stay open, each of which asks again as soon as it is answered. */
export interface SliceLoad {
  /** Asks `count` times, with the requests in turn; rejects where an answer has another status. */
  ask(requests: readonly Buffer[], count: number, status: number): Promise<void>
  close(): void
}

/** A request as wrk sends it. */
export const requestOf = (url: URL, headers: Record<string, string>): Buffer => {
  const lines = Object.entries({ Host: url.host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`GET ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('')}\r\n`)
}

/** Tells the status of each answer on a connection, of which one at a time is on its way. */
const readAnswers = (socket: Socket, told: (status: number) => void): void => {
  let missing = 0
  let status = 0
  let head = ''
  socket.on('data', (chunk: Buffer) => {
    let body = chunk.length
    if (missing === 0) {
      head += chunk.toString('latin1')
      const end = head.indexOf('\r\n\r\n')
      if (end < 0) return
      status = Number(head.slice(9, 12))
      const length = /\r\ncontent-length: (\d+)/i.exec(head.slice(0, end + 2))?.[1]
      body = head.length - end - 4
      missing = status === 304 ? 0 : Number(length)
      head = ''
    }
    missing -= body
    if (missing <= 0) {
      missing = 0
      told(status)
    }
  })
}

interface Turn {
  requests: readonly Buffer[]
  left: number
  unanswered: number
  status: number
  over(error?: Error): void
}

/** For loads far shorter than wrk can make: a few thousand requests to one server, then to another. */
export const openSliceLoad = async (port: number, connections: number): Promise<SliceLoad> => {
  let turn: Turn | undefined
  let asked = 0
  const next = (socket: Socket): void => {
    if (!turn || turn.left === 0) return
    turn.left -= 1
    asked += 1
    socket.write(turn.requests[asked % turn.requests.length] ?? '')
  }
  const sockets = Array.from({ length: connections }, () => connect(port, '127.0.0.1').setNoDelay())
  for (const socket of sockets) {
    readAnswers(socket, (status) => {
      if (!turn) return
      if (status !== turn.status) turn.over(new Error(`answered with ${status}, not ${turn.status}`))
      turn.unanswered -= 1
      if (turn.unanswered === 0) turn.over()
      else next(socket)
    })
    socket.on('error', (error) => turn?.over(error))
  }
  await Promise.all(sockets.map((socket) => once(socket, 'connect')))
  return {
    async ask(requests, count, status) {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const over = (error?: Error): void => (error ? reject(error) : resolve())
      turn = { requests, left: count, unanswered: count, status, over }
      for (const socket of sockets) next(socket)
      await promise
      turn = undefined
    },
    close() {
      for (const socket of sockets) socket.destroy()
    },
  }
}
