import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../tests/stores/free-port.ts'
import type { Contestant } from './contestants.ts'
import { documentOf50Keys } from './document.ts'
import { serverCore } from './machine.ts'
import { start } from './own-process.ts'

const token = 'default:development.a-token-of-the-benchmark-alone'
const node = join(import.meta.dirname, '../node_modules/.bin/node')

const post = async (url: string, body: object): Promise<void> => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`Unleash answered ${response.status}: ${await response.text()}`)
}

/** Unleash's client API with a flag for each of the 50 keys, on a database of its own. */
export const startUnleash = async (databaseUrl: string): Promise<Contestant> => {
  if (!existsSync(join(import.meta.dirname, 'node_modules/unleash-server'))) {
    throw new Error('bench needs Unleash: npm --prefix bench ci')
  }
  const port = await freePort()
  const server = await start({
    command: node,
    args: [join(import.meta.dirname, 'unleash-server.ts')],
    core: serverCore,
    port,
    env: {
      DATABASE_URL: databaseUrl,
      PORT: String(port),
      INIT_CLIENT_API_TOKENS: token,
      DATABASE_SSL: 'false',
    },
  })
  const base = `http://127.0.0.1:${port}`
  const features = `${base}/api/admin/projects/default/features`
  for (const name of Object.keys(documentOf50Keys())) {
    await post(features, { name, type: 'release' })
    await post(`${features}/${name}/environments/development/strategies`, {
      name: 'flexibleRollout',
      parameters: { rollout: '100', stickiness: 'default', groupId: name },
    })
    await post(`${features}/${name}/environments/development/on`, {})
  }
  return {
    name: 'Unleash',
    ...server,
    url: () => `${base}/api/client/features`,
    headers: { Authorization: token },
  }
}
