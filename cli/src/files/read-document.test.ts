import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readDocument, readObject } from './read-document.ts'

const folder = mkdtempSync(join(tmpdir(), 'parasol-document-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const fileOf = (content: string | Uint8Array, name = 'file.json'): string => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

test('a file is what its name says: JSON, or YAML for .yaml and .yml', async () => {
  expect(await readDocument(fileOf('{"a": 1}'), '--file')).toEqual({ a: 1 })
  expect(await readDocument(fileOf('a: 1', 'x.yaml'), '--file')).toEqual({ a: 1 })
  expect(await readObject(fileOf('{ a: b }', 'x.YML'), '--file')).toEqual({ a: 'b' })
  await expect(readDocument(fileOf('a: 1'), '--file')).rejects.toThrow('file.json: The text is not JSON')
})

test.each([
  [fileOf('[1]', 'list.json'), 'list.json holds no object, but { ... } was expected.'],
  [fileOf('{"a":1,\n"a":2}', 'twice.json'), 'twice.json: The name "a" stands twice'],
  [fileOf('a: 1\nb: [', 'open.yml'), 'open.yml: The text is not YAML as it is read here'],
  [fileOf(new Uint8Array([0x7b, 0xff, 0x7d]), 'latin.json'), 'latin.json is not UTF-8 text.'],
  [join(folder, 'none.json'), "none.json can't be read: there is no such file or folder."],
  [folder, "can't be read: it is a folder."],
])('%s is refused with its name', async (path, line) => {
  await expect(readObject(path, '--file')).rejects.toThrow(line)
})
