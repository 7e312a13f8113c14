import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { Failure } from '../command.ts'
import { readFleet } from './read-fleet.ts'

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** A folder of these files. */
const folderOf = (files: Record<string, unknown>): string => {
  const folder = mkdtempSync(join(tmpdir(), 'parasol-fleet-'))
  folders.push(folder)
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  }
  return folder
}

const app = (appId: string, more: object = {}): { app: { appId: string; name: string } } => ({
  app: { appId, name: appId, ...more },
})

const complaintOf = async (folder: string): Promise<string> => {
  const error = await readFleet(folder).catch((failure: unknown) => failure)
  if (!(error instanceof Failure)) throw new Error('the folder was read')
  return error.message.replaceAll(folder, '')
}

test('a file becomes a line for the app, for each version, and for what is live on each channel in the end', async () => {
  const folder = folderOf({
    'shop.json': {
      ...app('shop'),
      versions: [
        { configVersion: '1.0.0', data: { a: 1 } },
        { configVersion: '1.1.0', data: { a: 2 }, note: 'two' },
      ],
      releases: [
        { configVersion: '1.0.0' },
        { configVersion: '1.0.0', channel: 'beta' },
        { configVersion: '1.1.0', reason: 'up' },
      ],
    },
  })
  const lines = await readFleet(folder)
  expect(lines.map(({ line, pointer }) => [pointer, line])).toEqual([
    ['/app', { type: 'app', appId: 'shop', name: 'shop' }],
    ['/versions/0', { type: 'version', appId: 'shop', configVersion: '1.0.0', data: { a: 1 } }],
    ['/versions/1', { type: 'version', appId: 'shop', configVersion: '1.1.0', data: { a: 2 }, note: 'two' }],
    ['/releases/1', { type: 'release', appId: 'shop', configVersion: '1.0.0', channel: 'beta' }],
    [
      '/releases/2',
      { type: 'release', appId: 'shop', configVersion: '1.1.0', channel: 'stable', reason: 'up' },
    ],
  ])
})

test('folders are walked, YAML is read, templates come first whatever their names, dot files are passed over', async () => {
  const folder = folderOf({
    'a.json': app('a', { extends: 'm' }),
    'inner/m.yaml': 'app: { appId: m, name: M, kind: template, extends: z }',
    'z.yml': 'app: { appId: z, name: Z, kind: template }',
    '.hidden/b.json': app('b'),
    'notes.txt': 'no fleet file',
  })
  const lines = await readFleet(folder)
  expect(lines.map(({ line }) => line.appId)).toEqual(['z', 'm', 'a'])
})

test('a file in the place of the folder is told as one', async () => {
  const file = join(folderOf({ 'a.json': app('a') }), 'a.json')
  await expect(readFleet(file)).rejects.toThrow(`${file} is not a folder: name the folder it is in.`)
})

test('what is of another type is told in the words of JSON', async () => {
  const folder = folderOf({ 'a.json': { ...app('a'), versions: [{ configVersion: '1.0.0', data: [] }] } })
  expect(await complaintOf(folder)).toContain('/versions/0/data: expected an object, but it is an array')
})

test('what a release stands on comes before it', async () => {
  const releases = [{ configVersion: '1.0.0', standsOn: 'z' }]
  const folder = folderOf({
    'a.json': { app: { appId: 'a', name: 'A', extends: null }, releases },
    'z.yml': 'app: { appId: z, name: Z, kind: template }',
  })
  const lines = await readFleet(folder)
  expect(lines.map(({ line }) => `${line.type} ${line.appId}`)).toEqual(['app z', 'app a', 'release a'])
  expect(lines.at(-1)?.line).toMatchObject({ standsOn: 'z' })
})

test('a circle of templates is told by the server, not by a hang', async () => {
  const folder = folderOf({ 'a.json': app('a', { extends: 'b' }), 'b.json': app('b', { extends: 'a' }) })
  expect(await readFleet(folder)).toHaveLength(2)
})

describe('refused, each place with its file', () => {
  test.each([
    [{ 'a.json': { ...app('a'), release: [] } }, '/a.json: /release is not known here; check its spelling'],
    [{ 'a.json': app('a', { lables: {} }) }, '/a.json: /app/lables is not known here'],
    [
      { 'a.json': { ...app('a'), versions: [{ configVersion: '1.x', data: {} }] } },
      '/a.json: /versions/0/configVersion: ',
    ],
    [{ 'a.json': { versions: [] } }, '/a.json: /app: '],
    [{ 'a.json': '[1]' }, '/a.json: the file: '],
    [{ 'a.json': '{"app": {"appId": "a",\n"appId": "b"}}' }, '/a.json: The name "appId" stands twice'],
    [{ 'a.yaml': 'app:\n  appId: [a' }, '/a.yaml: The text is not YAML'],
    [{ 'a.json': app('same'), 'b.yaml': app('same') }, '/b.yaml: /app/appId: same is in /a.json too'],
    [{ 'a.txt': 'x' }, ' holds no .json, .yaml or .yml file.'],
  ])('%j', async (files, line) => {
    expect(await complaintOf(folderOf(files))).toContain(line)
  })

  test('all of them at once', async () => {
    const folder = folderOf({
      'a.json': '{',
      'b.json': app('b', { kind: 'thing', lables: {} }),
      'c.yaml': 'a: 1\na: 2',
    })
    expect((await complaintOf(folder)).split('\n')).toHaveLength(5)
  })

  test('a folder that is not there', async () => {
    await expect(readFleet('/nowhere/at/all')).rejects.toThrow(
      "/nowhere/at/all can't be read: there is no such file or folder.",
    )
  })
})
