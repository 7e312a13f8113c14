import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { listen } from './listen-node.ts'

it('lets go of a client that asks and asks but never reads', async () => {
  const body = 'x'.repeat(1_000_000)
  const options = { host: '127.0.0.1', port: 0, limits: { silenceMs: 200 }, onUnreadable: () => {} }
  const { url, close } = await listen(() => new Response(body), options)
  const client = connect(Number(new URL(url).port), '127.0.0.1').pause()
  // A paused client sees the end only when it writes: a byte at a time of a request that never becomes whole.
  client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(50))
  const writing = setInterval(() => client.write('G'), 500)
  const [error] = await once(client, 'error')
  expect(['EPIPE', 'ECONNRESET']).toContain(error.code)
  clearInterval(writing)
  await close(0)
})
