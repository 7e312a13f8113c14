import { execFile } from 'node:child_process'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../../..', import.meta.url))
const fixture = fileURLToPath(new URL('./client.fixture.ts', import.meta.url))
const runtimes = { node: process.execPath, bun: `${root}node_modules/.bin/bun` } as const

const raw = (socket: Socket, bytes: string): void => void socket.end(bytes)
const answers: Record<string, RequestListener> = {
  '/small': (_, response) => void response.setHeader('content-length', 5).end('small'),
  '/chunked': (_, response) => {
    response.write('chun')
    response.end('ked')
  },
  '/large': (_, response) => void response.end('x'.repeat(3_000_000)),
  '/to-the-end': ({ socket }) => {
    socket.write('HTTP/1.0 200 OK\r\n\r\nto the')
    setTimeout(() => socket.end(' end'), 50)
  },
  '/left': (_, response) => void response.writeHead(200, { 'content-length': 10 }).write('begin'),
  '/broken': ({ socket }) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbegin')
    setTimeout(() => socket.destroy(), 50)
  },
  '/late': (_, response) => void setTimeout(() => response.end('late'), 50),
  '/silent': () => {},
  '/no-http': ({ socket }) => raw(socket, 'SSH-2.0\r\n\r\n'),
  '/gone': ({ socket }) => void socket.destroy(),
}

let connections = 0
const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  response.sendDate = false
  if (request.method !== 'POST') return answers[request.url ?? '']?.(request, response)
  let size = 0
  request.on('data', (bytes: Buffer) => (size += bytes.length)).on('end', () => response.end(String(size)))
}).on('connection', () => (connections += 1))
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

it.each(['node', 'bun'] as const)('asks on %s, and ends though connections are kept', async (runtime) => {
  connections = 0
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { stdout } = await promisify(execFile)(runtimes[runtime], [fixture, url])
  const printed = stdout.trim().split('\n')
  expect(printed.map((line) => JSON.parse(line))).toEqual([
    ['/small', [200, 'small']],
    ['/small', [200, 'small']],
    ['/chunked', [200, 'chunked']],
    ['/large', [200, 3_000_000]],
    ['/to-the-end', [200, 10]],
    ['/left', [200, 'cut']],
    ['/broken', [200, 'cut']],
    ['/silent', 'PeerFailure: the upstream is silent'],
    ['/no-http', 'PeerFailure: the upstream is broken'],
    ['/gone', 'PeerFailure: the upstream is broken'],
    ['/small', [200, 'small']],
    ['/length', [200, '5']],
    ['/chunks', [200, '5']],
    ['/large', [200, '2000000']],
    ['/late', [200, 'late']],
    ['many', 20, 1],
  ])
  // One, then one after each of six that were closed, and a second for many at once.
  expect(connections).toBe(8)
})
