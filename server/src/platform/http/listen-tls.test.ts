import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { listen } from './listen-node.ts'
import type { ListenOptions } from './listener.ts'
import { type Outlet, ownStream, pieceOf } from './own-stream.ts'
import { remoteAddressOf } from './remote-address.ts'

const folder = mkdtempSync(join(tmpdir(), 'parasol-tls-'))
const file = (name: string): string => join(folder, name)
const files = (name: string) => ({ cert: file(`${name}.cert`), key: file(`${name}.key`) })
beforeAll(() => {
  for (const name of ['one', 'two']) {
    const { cert, key } = files(name)
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
    const what = ['-nodes', '-days', '2', '-subj', `/CN=${name}`, '-keyout', key, '-out', cert]
    execFileSync('openssl', ['req', '-x509', ...curve, ...what], { stdio: 'ignore' })
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const outlets: Outlet[] = []
const peer = async (asked: Request): Promise<Response> => {
  if (asked.url.endsWith('/stream')) {
    return ownStream(
      { 'content-type': 'text/event-stream' },
      { open: (outlet) => outlets.push(outlet), closed: () => {} },
    )
  }
  const body = await asked.text()
  return new Response([asked.method, asked.url, remoteAddressOf(asked), body].join(' '))
}
const serve = async (tls: ListenOptions['tls'], options: Partial<ListenOptions> = {}) => {
  const listener = await listen(peer, { host: '127.0.0.1', port: 0, onUnreadable: () => {}, tls, ...options })
  ends.push(() => listener.close(0))
  return listener
}
const ignore = { onReload: () => {} }

const askHttp2 = (url: string) => {
  const session = connectHttp2(url, { rejectUnauthorized: false })
  session.on('error', () => {})
  ends.push(() => session.destroy())
  const ask = async (path: string, headers: Record<string, string> = {}, body?: string) => {
    const stream = session.request({ ':path': path, ...headers }, { endStream: body === undefined })
    if (body !== undefined) stream.end(body)
    let text = ''
    stream.setEncoding('utf8').on('data', (piece) => {
      text += piece
    })
    const [answered] = (await once(stream, 'response')) as [IncomingHttpHeaders]
    const ended = once(stream, 'close').then(() => text)
    return { status: answered[':status'], headers: answered, ended, text: () => text }
  }
  return { session, ask }
}

/** By HTTP/1.1; the name of the certificate with it. */
const askHttp1 = (url: string): Promise<{ text: string; name: string }> =>
  new Promise((resolve, reject) => {
    const asked = request(url, { rejectUnauthorized: false, agent: false }, (answer) => {
      let text = ''
      const name = String((answer.socket as TLSSocket).getPeerCertificate().subject.CN)
      answer.on('data', (piece) => {
        text += piece
      })
      answer.on('end', () => resolve({ text, name }))
    })
    asked.on('error', reject).end()
  })

describe('TLS', () => {
  it('is spoken with HTTP/1.1 and with HTTP/2, as the client likes', async () => {
    const { url } = await serve({ ...files('one'), ...ignore })
    expect(url).toMatch(/^https:/)
    expect(await askHttp1(`${url}/a`)).toEqual({ text: `GET ${url}/a 127.0.0.1 `, name: 'one' })
    const { ask } = askHttp2(url)
    const answer = await ask('/b', { ':method': 'POST' }, 'hello')
    expect(answer.status).toBe(200)
    expect(await answer.ended).toBe(`POST ${url}/b 127.0.0.1 hello`)
  })

  it('carries streams over HTTP/2, beside other requests', async () => {
    const { url } = await serve({ ...files('one'), ...ignore })
    const { ask } = askHttp2(url)
    const stream = await ask('/stream')
    expect(stream.headers['content-type']).toBe('text/event-stream')
    await expect.poll(() => outlets.length).toBe(1)
    outlets[0]?.send(pieceOf('data: one\n\n'))
    await expect.poll(stream.text).toBe('data: one\n\n')
    expect((await ask('/beside')).status).toBe(200)
    outlets[0]?.end(pieceOf('data: two\n\n'))
    expect(await stream.ended).toBe('data: one\n\ndata: two\n\n')
  })

  it('takes up changed files without dropping a connection, and keeps the old ones while they do not fit', async () => {
    const now = files('now')
    copyFileSync(files('one').cert, now.cert)
    copyFileSync(files('one').key, now.key)
    const told: unknown[] = []
    const { url } = await serve({ ...now, everyMs: 10, onReload: (error) => told.push(error) })
    const { ask } = askHttp2(url)
    expect((await ask('/before')).status).toBe(200)
    copyFileSync(files('two').cert, now.cert)
    await expect.poll(() => told.map(String).join()).toContain('does not belong to the certificate')
    expect((await askHttp1(url)).name).toBe('one')
    copyFileSync(files('two').key, now.key)
    await expect.poll(() => told.at(-1)).toBeUndefined()
    expect((await askHttp1(url)).name).toBe('two')
    expect((await ask('/after')).status).toBe(200)
  })

  it.each([
    ['cert', 'none', /PARASOL_TLS_CERT is .*none.cert, but there is no such file/],
    ['key', 'none', /PARASOL_TLS_KEY is .*none.key, but there is no such file/],
    [
      'key',
      'two',
      /private key in .*two.key \(PARASOL_TLS_KEY\) does not belong to the certificate in .*one.cert/,
    ],
  ] as const)('says in words what is wrong with its %s (%s)', async (which, name, words) => {
    await expect(serve({ ...files('one'), [which]: files(name)[which], ...ignore })).rejects.toThrow(words)
  })

  it('says in words that a file holds something else', async () => {
    const { cert, key } = files('one')
    await expect(serve({ cert: key, key, ...ignore })).rejects.toThrow(/holds no certificate in PEM/)
    await expect(serve({ cert, key: cert, ...ignore })).rejects.toThrow(
      /holds no private key without a passphrase in PEM/,
    )
    const chain = files('chain')
    writeFileSync(
      chain.cert,
      `${readFileSync(cert)}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`,
    )
    await expect(serve({ cert: chain.cert, key, ...ignore })).rejects.toThrow(
      /no chain of certificates in PEM/,
    )
  })

  it('is spoken on Bun with HTTP/1.1', async () => {
    const bun = fileURLToPath(new URL('../../../../node_modules/.bin/bun', import.meta.url))
    const fixture = fileURLToPath(new URL('./listen.fixture.ts', import.meta.url))
    const options = JSON.stringify({ tls: files('one') })
    const child = spawn(bun, [fixture, options], { stdio: ['pipe', 'pipe', 'inherit'] })
    ends.push(() => child.stdin.end())
    const url = String((await once(child.stdout, 'data'))[0]).trim()
    expect(await askHttp1(`${url}/a`)).toEqual({ text: 'GET /a ""', name: 'one' })
  })
})

describe('HTTP/2', () => {
  it('ends a connection that opens and resets streams rapidly', async () => {
    const { url } = await serve({ ...files('one'), ...ignore })
    const { session } = askHttp2(url)
    await once(session, 'connect')
    const gone = once(session, 'goaway')
    for (let i = 0; i < 1_000 && !session.destroyed; i += 1) {
      const stream = session.request({ ':path': '/stream' })
      stream.on('error', () => {}).close()
      if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await gone
  })

  it('lets no more than 100 streams be open', async () => {
    const { url } = await serve({ ...files('one'), ...ignore })
    const { session } = askHttp2(url)
    const [settings] = await once(session, 'remoteSettings')
    expect(settings).toMatchObject({ maxConcurrentStreams: 100, maxHeaderListSize: 16_384 })
  })

  it('ends a connection that floods it with settings or pings', async () => {
    const { url } = await serve({ ...files('one'), ...ignore })
    const empty = (type: number, payload = ''): Buffer =>
      Buffer.concat([Buffer.from([0, 0, payload.length, type, 0, 0, 0, 0, 0]), Buffer.from(payload)])
    for (const frame of [empty(4), empty(6, '12345678')]) {
      const { hostname, port } = new URL(url)
      const client = connectTls({
        host: hostname,
        port: Number(port),
        ALPNProtocols: ['h2'],
        rejectUnauthorized: false,
      })
      client.on('error', () => {}).pause()
      const closed = new Promise((resolve) => client.on('close', resolve))
      client.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
      client.write(Buffer.concat([empty(4), ...Array<Buffer>(50_000).fill(frame)]))
      // It reads nothing, so that what answers its frames waits.
      const flooding = setInterval(() => client.write(Buffer.concat(Array<Buffer>(10_000).fill(frame))), 5)
      ends.push(() => clearInterval(flooding))
      await closed
      clearInterval(flooding)
    }
  })

  it('answers problems as HTTP/1.1 does', async () => {
    const { url } = await serve({ ...files('one'), ...ignore })
    const { ask } = askHttp2(url)
    expect((await ask(`/${'a'.repeat(9_000)}`)).status).toBe(414)
    expect((await ask('/a/../b')).status).toBe(400)
    expect((await ask('/a', { ':authority': 'x', host: 'y' })).status).toBe(400)
    expect((await ask('/a')).status).toBe(200)
  })

  it('lets streams end well while it drains, and cuts what is left', async () => {
    outlets.length = 0
    const listener = await serve({ ...files('one'), ...ignore }, { limits: { lingerMs: 0 } })
    const { session, ask } = askHttp2(listener.url)
    const first = await ask('/stream')
    const second = await ask('/stream')
    await expect.poll(() => outlets.length).toBe(2)
    const goaway = once(session, 'goaway')
    const closed = listener.close(500)
    await goaway
    outlets[0]?.end(pieceOf('last'))
    expect(await first.ended).toBe('last')
    await closed
    await second.ended
  })
})
