import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
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

/**
 * On a machine that has just begun and is busy the database may not answer in time, or the check of a schema not end: examples are
 * right, so what fails is tried again. What was loaded before is passed over then.
 */
const attempts = 5
const againAfterMs = 1_000

/**
 * Loads examples/fleet through the management API, as an operator would do it by hand. Rejects where that refuses them every time.
 */
export const loadExamples = async (
  api: Peer,
  token: string,
  waitMs: number = againAfterMs,
): Promise<LoadedExamples> => {
  const examples = await readExamples()
  const lines = examples.flatMap(linesOf).map((line) => JSON.stringify(line))
  for (let left = attempts; ; ) {
    left -= 1
    const { isLoaded, text } = await importLines(api, token, lines.join('\n'))
    if (isLoaded) return countOf(examples)
    if (left === 0) throw new Error(`examples/fleet was refused: ${text}`)
    await sleep(waitMs)
  }
}

const importLines = async (
  api: Peer,
  token: string,
  body: string,
): Promise<{ isLoaded: boolean; text: string }> => {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' }
  const response = await api(
    new Request('http://localhost/manage/v1/import', { method: 'POST', headers, body }),
  )
  const text = await response.text()
  const { stopped, refused }: Partial<ImportSummary> = JSON.parse(text)
  return { isLoaded: response.ok && !stopped && refused === 0, text }
}

const countOf = (examples: readonly ExampleApp[]): LoadedExamples => ({
  apps: examples.filter(({ app }) => app.kind !== 'template').length,
  versions: examples.reduce((sum, { versions }) => sum + versions.length, 0),
  releases: examples.reduce((sum, { releases }) => sum + releases.length, 0),
})
