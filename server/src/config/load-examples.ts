import { readdir, readFile } from 'node:fs/promises'
import type { Peer } from '../platform/peers/peer.ts'

export interface LoadedExamples {
  apps: number
  versions: number
  releases: number
}

/** One file of examples/fleet; examples/README.md describes it. */
interface ExampleApp {
  app: { appId: string }
  versions: object[]
  releases: object[]
}

const folder = new URL('../../../examples/fleet/', import.meta.url)

/** Loads examples/fleet through the management API, as an operator would do it by hand. */
export const loadExamples = async (api: Peer, token: string): Promise<LoadedExamples> => {
  const post = async (path: string, body: object): Promise<void> => {
    const request = new Request(`http://localhost/manage/v1${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const response = await api(request)
    if (!response.ok) throw new Error(`examples/fleet: POST ${path} was refused: ${await response.text()}`)
  }
  const loaded = { apps: 0, versions: 0, releases: 0 }
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort()
  for (const name of names) {
    const example: ExampleApp = JSON.parse(await readFile(new URL(name, folder), 'utf8'))
    await post('/apps', example.app)
    for (const version of example.versions) await post(`/apps/${example.app.appId}/configs`, version)
    for (const release of example.releases) await post(`/apps/${example.app.appId}/releases`, release)
    loaded.apps += 1
    loaded.versions += example.versions.length
    loaded.releases += example.releases.length
  }
  return loaded
}
