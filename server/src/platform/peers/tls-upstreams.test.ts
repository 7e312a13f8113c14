import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { httpUpstream, poolOf } from './upstream.fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'parasol-test-upstream-tls-'))
const known = getCACertificates('default')
const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
beforeAll(() => {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,DNS:inner.example']
  const out = ['-keyout', files.key, '-out', files.cert]
  execFileSync('openssl', ['req', '-x509', ...curve, ...names, ...out], { stdio: 'ignore' })
})
afterAll(() => {
  setDefaultCACertificates(known)
  rmSync(folder, { recursive: true })
})
const trust = (isTrusted: boolean): void =>
  setDefaultCACertificates(isTrusted ? [...known, readFileSync(files.cert, 'utf8')] : known)

const upstream = async (resumed: boolean[] = []): Promise<number> => {
  const tls = { cert: readFileSync(files.cert), key: readFileSync(files.key) }
  const server = createServer(tls, (request, response) => {
    resumed.push((request.socket as TLSSocket).isSessionReused())
    if (request.url === '/close') response.setHeader('connection', 'close')
    request.pipe(response.writeHead(200, { 'x-host': request.headers.host ?? '' }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}
const post = { method: 'POST', body: 'over TLS' }
const untrusted = { code: 'upstream_failed', status: 502, message: expect.stringContaining('certificate') }

it('asks an upstream by TLS whose certificate is trusted for its name', async () => {
  const port = await upstream()
  trust(true)
  const answer = await poolOf([`https://localhost:${port}`], { isForeign: true }).ask('/', post)
  expect([await answer.text(), answer.headers.get('x-host')]).toEqual(['over TLS', `localhost:${port}`])
  // The name that a rule sets is the one that is asked for.
  const requestRules = { set: { host: 'inner.example' }, strip: [] }
  const other = await poolOf([`https://127.0.0.1:${port}`], { requestRules }).ask('/', post)
  expect(other.headers.get('x-host')).toBe('inner.example')
})

it('502 that says why, where the certificate is of another name, of nobody known, or there is none', async () => {
  const port = await upstream()
  trust(true)
  const another = poolOf([`https://127.0.0.1:${port}`], { isForeign: true })
  await expect(another.ask()).rejects.toMatchObject(untrusted)
  expect(another.upstreams()).toMatchObject([{ state: 'down', lastError: 'untrusted' }])
  trust(false)
  const unknown = poolOf([`https://localhost:${port}`], { isForeign: true })
  await expect(unknown.ask()).rejects.toMatchObject(untrusted)
  const plain = await httpUpstream((_, response) => response.end('plain'))
  const none = poolOf([`https://127.0.0.1:${plain.port}`], { isForeign: true })
  await expect(none.ask()).rejects.toMatchObject(untrusted)
})

it('checks the certificate for the address that a rule sets, not for that of the URL', async () => {
  const port = await upstream()
  trust(true)
  const requestRules = { set: { host: '192.0.2.1' }, strip: [] }
  const { ask } = poolOf([`https://localhost:${port}`], { requestRules, isForeign: true })
  await expect(ask('/', post)).rejects.toMatchObject(untrusted)
})

it('sends also a write elsewhere when the certificate is not trusted, because nothing was sent', async () => {
  const port = await upstream()
  trust(true)
  const { ask } = poolOf([`https://127.0.0.1:${port}`, `https://localhost:${port}`], { isForeign: true })
  for (let times = 0; times < 8; times += 1) expect(await (await ask('/', post)).text()).toBe('over TLS')
})

it('resumes the session of the connection before, which costs both sides less', async () => {
  const resumed: boolean[] = []
  const port = await upstream(resumed)
  trust(true)
  const { ask } = poolOf([`https://localhost:${port}`])
  for (let times = 0; times < 3; times += 1) await (await ask('/close')).text()
  expect(resumed).toEqual([false, true, true])
})
