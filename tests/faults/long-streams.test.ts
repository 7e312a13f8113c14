import { request } from 'node:http'
import { beforeAll, describe, expect, it } from 'vitest'
import { seedApps } from '../../bench/seed-apps.ts'
import type { ImportSummary } from '../../contract/fleet.ts'
import type { Program } from '../program.ts'
import type { OwnServer } from '../stores/own-server.ts'
import { eventually, manage, ownPostgres, startNode } from './fleet.ts'

const apps = 8_000

interface Begun {
  status: number | undefined
  /** Reads on; whether what came is all of it. */
  readOn(): Promise<boolean>
}

/** The beginning of an export, and whoever reads it waits. */
const beginExport = (node: Program): Promise<Begun> =>
  new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${node.token}` }
    const asked = request(`${node.url}/manage/v1/export`, { headers }, (answer) => {
      // From the start: on a busy machine it is broken off before anybody reads on.
      const isWhole = new Promise<boolean>((end) => answer.on('close', () => end(answer.complete)))
      const readOn = (): Promise<boolean> => {
        answer.resume()
        return isWhole
      }
      answer.on('error', () => {})
      answer.once('data', () => {
        answer.pause()
        resolve({ status: answer.statusCode, readOn })
      })
    })
    asked.on('error', reject)
    asked.end()
  })

describe('a stream that loses the database', () => {
  let postgres: OwnServer
  let node: Program
  beforeAll(async () => {
    postgres = await ownPostgres()
    node = await startNode({ DATABASE_URL: postgres.url, PARASOL_DATABASE_TIMEOUT_MS: '2000' })
    await seedApps(postgres.url, { apps, keys: 24 })
  })

  it('is broken off where it is an export, so that nobody takes a part for the whole; the node lives on', async () => {
    const broken = await beginExport(node)
    await postgres.stop()
    expect(await broken.readOn()).toBe(false)
    expect((await fetch(`${node.url}/livez`)).status).toBe(200)
    await eventually(() => expect(node.logs()).toMatch(/"code":"store_unavailable".*"msg":"fault"/))
    await postgres.start()
    const whole = await eventually(async () => {
      const begun = await beginExport(node)
      expect(begun.status).toBe(200)
      return begun
    })
    expect(await whole.readOn()).toBe(true)
  })

  it('says where it stopped where it is an import, and goes on from there', async () => {
    const line = (n: number) => `${JSON.stringify({ type: 'app', appId: `new-${n}`, name: 'New' })}\n`
    const lines = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => line(from + i)).join('')
    const encoder = new TextEncoder()
    const isAway = Promise.withResolvers<void>()
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(encoder.encode(lines(0, 1_001)))
        await eventually(async () => {
          expect((await manage(node, 'GET', '/apps/new-999')).status).toBe(200)
        })
        await postgres.stop()
        isAway.resolve()
        controller.enqueue(encoder.encode(lines(1_001, 3_000)))
        controller.close()
      },
    })
    const headers = { authorization: `Bearer ${node.token}`, 'content-type': 'application/x-ndjson' }
    const asked = { method: 'POST', headers, body, duplex: 'half' } as RequestInit
    const answer = await fetch(`${node.url}/manage/v1/import`, asked)
    await isAway.promise
    expect(answer.status).toBe(200)
    const summary = (await answer.json()) as ImportSummary
    expect(summary).toMatchObject({
      lines: 1_000,
      created: 1_000,
      stopped: { line: 1_001, code: 'store_unavailable' },
    })
    await postgres.start()
    const again = await eventually(async () => {
      const whole = { method: 'POST', headers, body: lines(0, 3_000) }
      const second = await fetch(`${node.url}/manage/v1/import`, whole)
      expect(second.status).toBe(200)
      return (await second.json()) as ImportSummary
    })
    expect(again).toMatchObject({ unchanged: 1_000, created: 2_000, stopped: null })
  })
})
