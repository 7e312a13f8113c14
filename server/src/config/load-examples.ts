import { readdir, readFile } from 'node:fs/promises'
import type { ImportSummary } from '../../../contract/fleet.ts'
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

const linesOf = ({ app, versions, releases }: ExampleApp): object[] => [
  { type: 'app', ...app },
  ...versions.map((version) => ({ type: 'version', appId: app.appId, ...version })),
  ...releases.map((release) => ({ type: 'release', appId: app.appId, ...release })),
]

/** Loads examples/fleet through the management API, as an operator would do it by hand. */
export const loadExamples = async (api: Peer, token: string): Promise<LoadedExamples> => {
  const examples = await readExamples()
  const request = new Request('http://localhost/manage/v1/import', {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
    body: examples
      .flatMap(linesOf)
      .map((line) => JSON.stringify(line))
      .join('\n'),
  })
  const response = await api(request)
  const text = await response.text()
  const summary: Partial<ImportSummary> = JSON.parse(text)
  if (!response.ok || summary.stopped || summary.refused !== 0) {
    throw new Error(`examples/fleet was refused: ${text}`)
  }
  return {
    apps: examples.filter(({ app }) => app.kind !== 'template').length,
    versions: examples.reduce((sum, { versions }) => sum + versions.length, 0),
    releases: examples.reduce((sum, { releases }) => sum + releases.length, 0),
  }
}
