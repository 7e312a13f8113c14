import { describe, expect, it } from 'vitest'
import { type Answer, ask } from './ask.ts'
import { evaluateOnce } from './ofrep-calls.ts'
import { manage, publishApp, readConfig } from './operator.ts'
import type { Shape } from './shapes.ts'
import { whenWell } from './when-calm.ts'

/** What an answer tells browsers, the headers that are there. */
const told = ({ headers }: Answer): Record<string, unknown> => ({
  type: headers['x-content-type-options'],
  policy: headers['content-security-policy'],
  embed: headers['cross-origin-resource-policy'],
  referrer: headers['referrer-policy'],
  frame: headers['x-frame-options'],
})
const toldOfConfigs = { type: 'nosniff', policy: "frame-ancestors 'none'", embed: 'cross-origin' }
const toldOfApi = {
  ...{ type: 'nosniff', policy: "default-src 'none'; frame-ancestors 'none'", embed: 'same-origin' },
  ...{ referrer: 'no-referrer', frame: 'DENY' },
}
const toldOfPages = { ...toldOfApi, policy: expect.stringContaining("frame-ancestors 'none'") }

/** Headers by which browsers are told what must not be done with an answer. */
export const security = (shape: () => Shape): void => {
  describe('security headers', () => {
    it('a config says what it is, for whichever page reads it', async () => {
      const { appId } = await publishApp(shape())
      const answers = await Promise.all([
        readConfig(shape(), appId),
        readConfig(shape(), appId, { 'accept-encoding': 'gzip' }),
        ask(`${shape().url}/v1/api/config/${appId}`, { method: 'HEAD' }),
        ask(`${shape().url}/v2/api/config/${appId}?platform=ios`),
        ask(`${shape().url}/v2/api/config/${appId}/flagd.json`),
        ask(`${shape().url}/v2/api/config/${appId}/stream`, { method: 'HEAD' }),
        evaluateOnce(shape(), appId),
        evaluateOnce(shape(), appId, { flag: 'on' }),
      ])
      for (const answer of answers) expect([answer.status, told(answer)]).toEqual([200, toldOfConfigs])
    })

    it('management, health and every refusal may be framed and embedded by nobody', async () => {
      const answers = await Promise.all([
        manage(shape(), 'GET', '/apps'),
        manage(shape(), 'GET', '/export'),
        ask(`${shape().url}/manage/v1/apps`),
        ask(`${shape().url}/v1/api/config/nobody`),
        ask(`${shape().url}/nothing`),
        ask(`${shape().url}/livez`, { method: 'PUT' }),
        ask(`${shape().url}/livez`),
        whenWell(() => ask(`${shape().url}/health`)),
        ask(`${shape().url}/openapi.json`),
        ask(`${shape().url}/livez`, { headers: { 'x-large': 'x'.repeat(20_000) } }),
      ])
      const statuses = answers.map(({ status }) => status)
      expect(statuses).toEqual([200, 200, 401, 404, 404, 405, 200, 200, 200, 431])
      for (const answer of answers) {
        expect(answer.headers['x-request-id']).toBeDefined()
        expect(told(answer)).toEqual(toldOfApi)
      }
    })

    it('pages may be framed by nobody', async () => {
      for (const path of ['/docs', '/docs/start.js']) {
        expect(told(await ask(shape().url + path))).toEqual(toldOfPages)
      }
    })

    it('no answer names the software, or asks for TLS where there is none', async () => {
      for (const path of ['/livez', '/docs', '/v1/api/config/nobody', '/manage/v1/apps']) {
        const { headers } = await ask(shape().url + path)
        for (const name of ['server', 'x-powered-by', 'via', 'strict-transport-security']) {
          expect(headers).not.toHaveProperty(name)
        }
      }
    })
  })
}
