import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../tests/stores/free-port.ts'
import { documentOf50Keys } from './document.ts'
import { type Exchange, exchange } from './exchange.ts'
import { need, serverCore } from './machine.ts'
import { publishNewApp } from './management.ts'
import { nginxConf } from './nginx-conf.ts'
import { start } from './own-process.ts'
import { type Runtime, startParasol } from './parasol.ts'
import type { RawAnswers } from './raw-http.ts'

export interface Contestant {
  name: string
  pid: number
  /** The address of the document in a coding; '' is none. */
  url(coding: Coding): string
  /** What its requests need beside the coding. */
  headers?: Record<string, string>
  stop(): Promise<unknown>
}

export type Coding = '' | 'br'

const appId = 'bench'
const path = `/v1/api/config/${appId}`

export const acceptEncoding = (coding: Coding): Record<string, string> =>
  coding === '' ? {} : { 'Accept-Encoding': coding }

/** The whole program in one process, as `npm start` runs it, with the document published by the management API. */
export const startParasolWithDocument = async (runtime: Runtime, folder: string): Promise<Contestant> => {
  const dataDir = join(folder, `data-${runtime}`)
  const parasol = await startParasol({ runtime, dataDir, core: serverCore })
  await publishNewApp(parasol, appId, documentOf50Keys())
  const name = runtime === 'node' ? 'Parasol on Node' : 'Parasol on Bun'
  return { name, pid: parasol.pid, url: () => parasol.url + path, stop: () => parasol.stop() }
}

/** Parasol's own answers, which the peers give again. */
export const takeAnswers = async (parasol: Contestant): Promise<Record<Coding, Exchange>> => ({
  '': await exchange(parasol.url('')),
  br: await exchange(parasol.url('br'), acceptEncoding('br')),
})

const ofTheConnection = new Set(['date', 'connection', 'keep-alive'])
const headerPairs = (headers: Record<string, string>): string[] =>
  Object.entries(headers).flatMap(([name, value]) => (ofTheConnection.has(name) ? [] : [name, value]))

/** Bare node:http with the same bytes and headers. */
export const startRawHttp = async (
  parasol: Contestant,
  answers: Record<Coding, Exchange>,
  folder: string,
): Promise<Contestant> => {
  const raw: RawAnswers = { path, codings: {} }
  for (const coding of ['', 'br'] as const) {
    const answer = answers[coding]
    const etag = answer.headers.etag ?? ''
    const unchanged = await exchange(parasol.url(coding), {
      ...acceptEncoding(coding),
      'If-None-Match': etag,
    })
    const file = join(folder, `body${coding}`)
    writeFileSync(file, answer.body)
    raw.codings[coding] = {
      etag,
      file,
      full: headerPairs(answer.headers),
      unchanged: headerPairs(unchanged.headers),
    }
  }
  const port = await freePort()
  const answersFile = join(folder, 'answers.json')
  writeFileSync(answersFile, JSON.stringify(raw))
  const script = join(import.meta.dirname, 'raw-http.ts')
  const server = await start({
    command: process.execPath,
    args: [script, answersFile, String(port)],
    core: serverCore,
    port,
  })
  return { name: 'raw node:http', ...server, url: () => `http://127.0.0.1:${port}${path}` }
}

const staticConf = (folder: string, port: number, cacheControl: string): string =>
  nginxConf(
    folder,
    `
  types {}
  default_type "application/json; charset=utf-8";
  server {
    listen 127.0.0.1:${port};
    root ${folder}/www;
    add_header Cache-Control "${cacheControl}";
    location /br/ {
      add_header Cache-Control "${cacheControl}";
      add_header Content-Encoding br;
    }
  }`,
  )

/** nginx with the same document as a static file, and its compressed form as another. */
export const startNginx = async (answers: Record<Coding, Exchange>, folder: string): Promise<Contestant> => {
  const port = await freePort()
  for (const coding of ['', 'br'] as const) {
    const at = join(folder, 'www', coding, 'v1/api/config')
    mkdirSync(at, { recursive: true })
    writeFileSync(join(at, appId), answers[coding].body)
  }
  const conf = join(folder, 'nginx.conf')
  writeFileSync(conf, staticConf(folder, port, answers[''].headers['cache-control'] ?? ''))
  const args = ['-e', 'stderr', '-p', folder, '-c', conf]
  const server = await start({ command: need('nginx', 'nginx-light'), args, core: serverCore, port })
  const base = `http://127.0.0.1:${port}`
  return { name: 'nginx static', ...server, url: (coding) => `${base}${coding && `/${coding}`}${path}` }
}
