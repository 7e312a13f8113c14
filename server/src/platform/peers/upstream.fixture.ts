import { createServer as createHttp, type RequestListener } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { httpPeer } from './http-peer.ts'
import type { HttpPeerOptions } from './pool.ts'

/** A server that may be killed, connections and all, and come back at the same address. */
export interface TestUpstream {
  url: string
  port: number
  kill(): Promise<void>
}

const begin = async (server: Server, port: number): Promise<TestUpstream> => {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket.on('error', () => {}))
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const bound = (server.address() as AddressInfo).port
  const kill = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of sockets) socket.destroy()
    await closed
  }
  onTestFinished(() => void kill())
  return { url: `http://127.0.0.1:${bound}`, port: bound, kill }
}

export const httpUpstream = (listener: RequestListener, port = 0): Promise<TestUpstream> =>
  begin(createHttp(listener), port)

/** Answers each connection's first bytes as it likes, so also wrongly. */
export const rawUpstream = (answer: (socket: Socket) => void): Promise<TestUpstream> =>
  begin(
    createServer((socket) => void socket.once('data', () => answer(socket))),
    0,
  )

/** A pool that is closed after the test. */
export const poolOf = (upstreams: readonly string[], options: Partial<HttpPeerOptions> = {}) => {
  const pool = httpPeer({ name: 'shop', baseUrl: upstreams.join(','), timeoutMs: 5_000, ...options })
  onTestFinished(pool.close)
  const ask = async (path = '/', init?: RequestInit): Promise<Response> =>
    pool.peer(new Request(`http://front.example${path}`, init))
  return { ...pool, ask }
}
