import { readdir, readFile } from 'node:fs/promises'
import type { Peer } from '../platform/peers/peer.ts'

export interface LoadedExamples {
  apps: number
  versions: number
  releases: number
}

/** One file of examples/fleet; docs/fleet-files.md describes it. */
interface ExampleApp {
  app: { appId: string; kind?: 'app' | 'template'; schema?: object }
  versions: object[]
  releases: object[]
}

const folder = new URL('../../../examples/fleet/', import.meta.url)

/** Templates first: the others extend them. */
const readExamples = async (): Promise<ExampleApp[]> => {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort()
  const texts = await Promise.all(names.map((name) => readFile(new URL(name, folder), 'utf8')))
  const examples: ExampleApp[] = texts.map((text) => JSON.parse(text))
  const isTemplate = ({ app }: ExampleApp): boolean => app.kind === 'template'
  return [...examples.filter(isTemplate), ...examples.filter((example) => !isTemplate(example))]
}

/** Loads examples/fleet through the management API, as an operator would do it by hand. */
export const loadExamples = async (api: Peer, token: string): Promise<LoadedExamples> => {
  const send = async (method: 'POST' | 'PUT', path: string, body: object): Promise<void> => {
    const request = new Request(`http://localhost/manage/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const response = await api(request)
    if (!response.ok)
      throw new Error(`examples/fleet: ${method} ${path} was refused: ${await response.text()}`)
  }
  const loaded = { apps: 0, versions: 0, releases: 0 }
  for (const { app: appWithSchema, versions, releases } of await readExamples()) {
    const { schema, ...app } = appWithSchema
    const place = `/apps/${app.appId}`
    await send('POST', '/apps', app)
    if (schema) await send('PUT', `${place}/schema`, { schema })
    for (const version of versions) await send('POST', `${place}/configs`, version)
    for (const release of releases) await send('POST', `${place}/releases`, release)
    loaded.apps += app.kind === 'template' ? 0 : 1
    loaded.versions += versions.length
    loaded.releases += releases.length
  }
  return loaded
}
