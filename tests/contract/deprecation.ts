import { describe, expect, it } from 'vitest'
import { ask } from './ask.ts'
import { createApp, manage, publishApp, readConfig, release } from './operator.ts'
import type { Shape } from './shapes.ts'

/** An app whose live config says when it is deprecated. */
const publishDeprecated = async (shape: Shape, deprecationDate: string): Promise<string> => {
  const { appId } = await createApp(shape)
  const body = { configVersion: '1.0.0', deprecationDate, data: {} }
  expect((await manage(shape, 'POST', `/apps/${appId}/configs`, { body })).status).toBe(201)
  await release(shape, appId, '1.0.0')
  return appId
}

/** A config that is deprecated says so in headers that clients and proxies know (RFC 9745, RFC 8594). */
export const deprecation = (shape: () => Shape): void => {
  describe('deprecation', () => {
    it.each([
      ['2027-06-30', '@1814313600', 'Wed, 30 Jun 2027 00:00:00 GMT'],
      ['2027-06-30T12:00:00.500+02:00', '@1814349600', 'Wed, 30 Jun 2027 10:00:00 GMT'],
      ['2020-01-01', '@1577836800', 'Wed, 01 Jan 2020 00:00:00 GMT'],
    ])('tells of %s on every 200, to pages too', async (date, deprecated, sunset) => {
      const appId = await publishDeprecated(shape(), date)
      for (const version of ['v1', 'v2', 'beta']) {
        for (const method of ['GET', 'HEAD']) {
          const answer = await ask(`${shape().url}/${version}/api/config/${appId}`, { method })
          expect(answer.headers).toMatchObject({ deprecation: deprecated, sunset })
          expect(answer.headers['access-control-expose-headers']).toContain('Deprecation, Sunset')
        }
      }
    })

    it('says nothing of a config that is not deprecated', async () => {
      const { appId } = await publishApp(shape())
      for (const version of ['v1', 'v2', 'beta']) {
        const answer = await ask(`${shape().url}/${version}/api/config/${appId}`)
        expect(answer.headers).not.toHaveProperty('deprecation')
        expect(answer.headers).not.toHaveProperty('sunset')
      }
    })

    it('tells of it on a 304 too: it may have been deprecated since the client got the body', async () => {
      const appId = await publishDeprecated(shape(), '2027-06-30')
      const full = await readConfig(shape(), appId)
      const unchanged = await readConfig(shape(), appId, { 'if-none-match': full.headers.etag ?? '' })
      expect(unchanged.status).toBe(304)
      expect(unchanged.headers).toMatchObject({
        deprecation: '@1814313600',
        sunset: 'Wed, 30 Jun 2027 00:00:00 GMT',
        'access-control-expose-headers': full.headers['access-control-expose-headers'],
      })
    })
  })
}
