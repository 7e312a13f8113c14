import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { manage, token } from './faults/fleet.ts'
import { type Program, startProgram } from './program.ts'
import { readyDataDir } from './stores/embedded-cluster.ts'

const overrides = [
  { name: 'germany', when: { '==': [{ var: 'country' }, 'DE'] }, data: { legal: 'Impressum' } },
]

const publish = async (node: Program, appId: string, document: object): Promise<void> => {
  await manage(node, 'POST', '/apps', { body: { appId, name: appId } })
  await manage(node, 'POST', `/apps/${appId}/configs`, { body: { configVersion: '1.0.0', ...document } })
  const { status } = await manage(node, 'POST', `/apps/${appId}/releases`, {
    body: { configVersion: '1.0.0' },
  })
  expect(status).toBe(201)
}

describe('where a CDN is believed to know the country', () => {
  let node: Program
  let plain: Program
  beforeAll(async () => {
    const start = async (env: Record<string, string>): Promise<Program> => {
      const started = await startProgram({
        env: { PARASOL_ADMIN_TOKEN: token, ...env },
        dataDir: await readyDataDir(),
      })
      await publish(started, 'shop', { data: { legal: 'world' }, overrides })
      await publish(started, 'news', { data: { legal: 'world' } })
      return started
    }
    node = await start({ PARASOL_COUNTRY_HEADER: 'CF-IPCountry' })
    plain = await start({})
  })
  afterAll(async () => {
    await node.stop()
    await plain.stop()
  })

  const read = async (path: string, headers: Record<string, string> = {}, from = node) => {
    const response = await fetch(`${from.url}/v2/api/config/${path}`, { headers })
    const body = (await response.json()) as { data: { legal: string }; warnings?: unknown }
    return { legal: body.data.legal, vary: response.headers.get('vary'), warnings: body.warnings }
  }

  it('gives a device the config of the country that its header names, and varies by that header', async () => {
    const vary = 'Accept-Encoding, CF-IPCountry'
    expect(await read('shop', { 'cf-ipcountry': 'de' })).toEqual({ legal: 'Impressum', vary })
    expect(await read('shop', { 'cf-ipcountry': 'FR' })).toEqual({ legal: 'world', vary })
    expect(await read('shop')).toEqual({ legal: 'world', vary })
  })

  it('takes what the device says itself first, and no notice of a header that is no country', async () => {
    expect(await read('shop?country=DE', { 'cf-ipcountry': 'FR' })).toMatchObject({ legal: 'Impressum' })
    expect(await read('shop?country=FR', { 'cf-ipcountry': 'DE' })).toMatchObject({ legal: 'world' })
    expect(await read('shop?country=', { 'cf-ipcountry': 'DE' })).toMatchObject({ legal: 'Impressum' })
    for (const header of ['T1', 'DEU', '', 'D E']) {
      const answer = await read('shop', { 'cf-ipcountry': header })
      expect(answer.legal).toBe('world')
      expect(answer.warnings).toBeUndefined()
    }
  })

  it('varies by it only for apps to which the country matters', async () => {
    expect(await read('news', { 'cf-ipcountry': 'DE' })).toEqual({ legal: 'world', vary: 'Accept-Encoding' })
  })

  it('believes no header where the setting names none', async () => {
    const headers = { 'cf-ipcountry': 'DE' }
    expect(await read('shop', headers, plain)).toEqual({ legal: 'world', vary: 'Accept-Encoding' })
  })
})
