import { connect, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { eventually } from '../eventually.ts'
import { ask } from './ask.ts'
import { listen } from './listen.ts'
import { createApp, publishApp } from './operator.ts'
import { logLines } from './request-lines.ts'
import type { Shape } from './shapes.ts'

/** Sends the head and half the body of a version; the other half is sent by `finish`, which resolves with the answer. */
const beginUpload = async (shape: Shape, appId: string) => {
  const body = JSON.stringify({ configVersion: '1.0.0', data: { uploaded: 'slowly' } })
  const { hostname, port } = new URL(shape.url)
  const socket: Socket = connect(Number(port), hostname)
  let received = ''
  socket.on('data', (chunk) => {
    received += chunk
  })
  const ended = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  socket.write(
    `POST /manage/v1/apps/${appId}/configs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${shape.token}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 20)}`,
  )
  return {
    finish: async (): Promise<string> => {
      socket.write(body.slice(20))
      await eventually(() => expect(received).toMatch(/\r\n\r\n\{.*\}$/s))
      socket.end()
      await ended
      return received
    },
  }
}

/** Asked to stop: it is not ready any more, finishes what is under way, and ends with 0. It must be the last suite. */
export const stopping = (shape: () => Shape): void => {
  describe('stopping', () => {
    it('turns readiness off, finishes the request in flight and exits with 0', async () => {
      const { front, url } = shape()
      const { appId } = await createApp(shape())
      const { appId: live, revision } = await publishApp(shape())
      const upload = await beginUpload(shape(), appId)
      const path = `${url}/v2/api/config/${live}`
      const stream = await listen(`${path}/stream`)
      await stream.next()
      const waiting = ask(`${path}?wait=60&revision=${revision}`, { fresh: true })
      // The front has taken the request up when it answers one that came after it.
      expect((await ask(`${url}/livez`, { fresh: true })).status).toBe(200)

      const ended = front.stop()
      await eventually(async () => {
        const ready = await ask(`${url}/readyz`, { fresh: true })
        expect([ready.status, ready.text]).toEqual([503, '{"status":"stopping"}'])
      })
      // Whoever listens or waits is sent away at once, and told when to come back; so is who comes now.
      expect(await stream.next()).toEqual({ retry: expect.any(Number) })
      expect(await stream.next()).toBeUndefined()
      expect([200, 503]).toContain((await waiting).status)
      const late = await listen(`${path}/stream`)
      expect(await late.next()).toEqual({ retry: expect.any(Number) })
      expect(await late.next()).toBeUndefined()
      // While load balancers look away, requests are still answered.
      expect((await ask(`${url}/v1/api/config/${live}`, { fresh: true })).status).toBe(200)
      await expect.poll(() => connectable(url)).toBe(false)
      expect(await upload.finish()).toMatch(/^HTTP\/1\.1 201 /)
      expect(await ended).toBe(0)
      const messages = logLines(front).map((line) => line.msg)
      expect(messages).toEqual(expect.arrayContaining(['stopping', 'stopped']))
    })

    it('stops the services behind it as well', async () => {
      for (const process of shape().processes.slice(1)) expect(await process.stop()).toBe(0)
      for (const process of shape().processes) {
        const bad = logLines(process).filter((line) => line.level === 'error' || line.level === 'fatal')
        expect(bad).toEqual([])
      }
    })
  })
}

const connectable = (url: string): Promise<boolean> =>
  ask(`${url}/livez`, { fresh: true }).then(
    () => true,
    () => false,
  )
