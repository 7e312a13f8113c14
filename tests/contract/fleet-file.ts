import { expect } from 'vitest'
import type { ImportSummary } from '../../contract/fleet.ts'
import { freshId, manage } from './operator.ts'
import type { Shape } from './shapes.ts'

/** The media type of lines. */
export const ndjson = 'application/x-ndjson'

/** Objects as lines; texts stay as they are. */
export const fileOf = (lines: readonly unknown[]): string =>
  lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('')

/** Imports lines; what became of each. */
export const importLines = async (
  shape: Shape,
  lines: readonly unknown[] | Buffer | string,
  query = '',
): Promise<ImportSummary> => {
  const body = Array.isArray(lines) ? fileOf(lines) : (lines as Buffer | string)
  const answer = await manage(shape, 'POST', `/import${query}`, { body, headers: { 'content-type': ndjson } })
  expect(answer.status, answer.text).toBe(200)
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
  return answer.json<ImportSummary>()
}

/** The whole fleet as text. */
export const exportAll = async (shape: Shape, query = ''): Promise<string> => {
  const answer = await manage(shape, 'GET', `/export${query}`)
  expect(answer.status, answer.text).toBe(200)
  expect(answer.headers['content-type']).toBe(ndjson)
  return answer.text
}

export type ExportedLine = Record<string, unknown> & { type: string; appId: string }

/** The lines of these apps. */
export const linesOf = (text: string, appIds: readonly string[]): ExportedLine[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ExportedLine)
    .filter(({ appId }) => appIds.includes(appId))

/** How many lines became what. */
export const counts = ({ lines, created, changed, unchanged, refused }: ImportSummary) => ({
  lines,
  created,
  changed,
  unchanged,
  refused,
})

/** A template with a schema, an app below it with a history and a beta channel, and one that is archived. */
export const smallFleetFile = ({ requiresApproval = false } = {}) => {
  const [base, template, app, gone] = ['z.base', 'template', 'app', 'gone'].map((name) => freshId(name)) as [
    string,
    string,
    string,
    string,
  ]
  const lines = [
    { type: 'app', appId: base, name: 'Base', kind: 'template' },
    {
      type: 'version',
      appId: base,
      configVersion: '1.0.0',
      minimumAppVersion: '2.0.0',
      data: { a: 1, b: null },
    },
    { type: 'release', appId: base, configVersion: '1.0.0', reason: 'The base' },
    {
      type: 'app',
      appId: template,
      name: 'Template — Küche',
      kind: 'template',
      extends: base,
      schema: { type: 'object', required: ['a'], properties: { a: { type: 'number' } } },
    },
    { type: 'version', appId: template, configVersion: '1.0.0', data: { theme: { primary: 'blue' } } },
    {
      type: 'version',
      appId: template,
      configVersion: '1.10.0',
      data: { theme: { primary: 'red', dark: null } },
    },
    { type: 'version', appId: template, configVersion: '1.9.0', data: {}, note: 'Not so red' },
    { type: 'release', appId: template, configVersion: '1.10.0' },
    {
      type: 'app',
      appId: app,
      name: '名',
      extends: template,
      labels: { team: 'commerce' },
      requiresApproval,
      attributes: { plan: { type: 'string' } },
      pollSeconds: 60,
      allowedOrigins: ['https://shop.example.com'],
    },
    {
      type: 'version',
      appId: app,
      configVersion: '2.0.0-rc.1',
      deprecationDate: '2027-06-30',
      data: { 10: 1, 9: 2 },
    },
    { type: 'version', appId: app, configVersion: '1.0.0', data: { n: 1e21, m: -0.5, t: 'ü\u2028"\\' } },
    { type: 'release', appId: app, configVersion: '1.0.0', reason: 'Launch' },
    { type: 'release', appId: app, channel: 'beta', configVersion: '2.0.0-rc.1' },
    { type: 'app', appId: gone, name: 'Gone', extends: template, archived: true },
    { type: 'version', appId: gone, configVersion: '1.0.0', data: {} },
    { type: 'release', appId: gone, configVersion: '1.0.0' },
  ]
  return { lines, base, template, app, gone, appIds: [base, template, app, gone] }
}
