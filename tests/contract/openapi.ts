import { describe, expect, it } from 'vitest'
import { operations } from '../../contract/operations/operations.ts'
import { problems } from '../../contract/problems.ts'
import { ask } from './ask.ts'
import type { Shape } from './shapes.ts'

interface Operation {
  operationId: string
  summary: string
  security?: object[]
  parameters?: { name: string; in: string; required?: boolean; schema: object }[]
  requestBody?: { content: Record<string, { schema: object }> }
  responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>
}
interface Document {
  openapi: string
  info: { title: string; version: string }
  paths: Record<string, Record<string, Operation>>
  components: Record<string, Record<string, object>>
}

const readDocument = async (shape: Shape) => (await ask(`${shape.url}/openapi.json`)).json<Document>()

const operationsOf = (document: Document) =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
  )

const collectRefs = (part: unknown): string[] => {
  if (part === null || typeof part !== 'object') return []
  return Object.entries(part).flatMap(([key, value]) =>
    key === '$ref' && typeof value === 'string' ? [value] : collectRefs(value),
  )
}

const valid = (shape: () => Shape): void => {
  it('is OpenAPI 3.1, readable from every origin', async () => {
    const answer = await ask(`${shape().url}/openapi.json`)
    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(answer.headers['access-control-allow-origin']).toBe('*')
    const document = answer.json<Document>()
    expect(document.openapi).toMatch(/^3\.1\.\d$/)
    // A word of 3.0 that 3.1 readers take no notice of.
    expect(answer.text).not.toContain('"nullable"')
    expect(document.info).toMatchObject({ title: expect.any(String), version: expect.any(String) })
  })

  it('resolves every reference', async () => {
    const document = await readDocument(shape())
    const refs = collectRefs(document)
    expect(refs.length).toBeGreaterThan(0)
    for (const ref of refs) {
      const [root, ...steps] = ref.split('/')
      expect(root).toBe('#')
      const found = steps.reduce<unknown>((part, step) => (part as Record<string, unknown>)?.[step], document)
      expect(found, ref).toBeTypeOf('object')
    }
    for (const name of Object.keys(document.components).flatMap((kind) =>
      Object.keys(document.components[kind] ?? {}),
    )) {
      expect(name).toMatch(/^[a-zA-Z0-9._-]+$/)
    }
  })

  it('declares each parameter of a path, a summary and an answer for each operation', async () => {
    const all = operationsOf(await readDocument(shape()))
    const ids = all.map((operation) => operation.operationId)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { path, summary, parameters = [], responses } of all) {
      const inPath = parameters.filter((parameter) => parameter.in === 'path')
      expect(inPath.map((parameter) => `{${parameter.name}}`)).toEqual(path.match(/\{\w+\}/g) ?? [])
      expect(inPath.every((parameter) => parameter.required)).toBe(true)
      const names = parameters.map((parameter) => `${parameter.in} ${parameter.name}`)
      expect(new Set(names).size).toBe(names.length)
      for (const parameter of parameters) expect(parameter.schema).toBeTypeOf('object')
      expect(summary).not.toBe('')
      expect(Object.keys(responses).every((status) => /^[2-5]\d\d$/.test(status))).toBe(true)
      expect(Object.keys(responses).some((status) => status.startsWith('2'))).toBe(true)
      for (const response of Object.values(responses)) expect(response.description).not.toBe('')
    }
  })
}

const whole = (shape: () => Shape): void => {
  it('lists every operation of the table', async () => {
    const all = operationsOf(await readDocument(shape()))
    const listed = all.map(({ method, path }) => `${method} ${path}`).sort()
    const declared = Object.values(operations).map(({ method, path }) => `${method} ${path}`)
    expect(listed).toEqual(declared.sort())
  })

  it('lists nothing that is not answered: each method at each path, and no other', async () => {
    const document = await readDocument(shape())
    const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
    for (const [path, listed] of Object.entries(document.paths)) {
      const url = shape().url + path.replaceAll(/\{\w+\}/g, '1.0.0')
      for (const method of methods) {
        const answer = await ask(url, { method, body: {} })
        const isRouted = answer.status !== 405 && !answer.text.includes('"code":"route_not_found"')
        expect(isRouted, `${method} ${path}`).toBe(method.toLowerCase() in listed)
      }
    }
  })

  it('asks for the token wherever it is needed, and nowhere else', async () => {
    for (const { path, method, security = [] } of operationsOf(await readDocument(shape()))) {
      const url = shape().url + path.replaceAll(/\{\w+\}/g, '1.0.0')
      const answer = await ask(url, { method: method.toUpperCase() })
      expect(answer.status === 401, `${method} ${path}`).toBe(security.length > 0)
    }
  })

  it('names the code of every refusal it declares', async () => {
    const codes = new Set<string>(Object.keys(problems))
    for (const { responses } of operationsOf(await readDocument(shape()))) {
      for (const { content, description } of Object.values(responses)) {
        if (content?.['application/problem+json'] === undefined) continue
        const named = [...description.matchAll(/`(\w+)`/g)].map((match) => match[1] ?? '')
        expect(named.length).toBeGreaterThan(0)
        expect(named.filter((code) => !codes.has(code))).toEqual([])
      }
    }
  })
}

const page = (shape: () => Shape): void => {
  it('is rendered at /docs without any other host', async () => {
    const answer = await ask(`${shape().url}/docs`)
    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'")
    expect(answer.text).not.toMatch(/(https?:)?\/\/[a-z]/i)
    const addresses = [...answer.text.matchAll(/(?:href|src)="([^"]+)"/g)].map((match) => match[1] ?? '')
    expect(addresses.length).toBeGreaterThan(3)
    for (const address of addresses) {
      const part = await ask(new URL(address, answerUrl(shape())).href)
      expect(part.status, address).toBe(200)
      expect(part.headers['x-content-type-options'] ?? 'nosniff').toBe('nosniff')
    }
  })

  it('answers 404 for files the page does not have', async () => {
    for (const path of ['/docs/other.js', '/docs/']) {
      expect((await ask(shape().url + path)).status).toBe(404)
    }
    expect((await ask(`${shape().url}/docs/..%2fpackage.json`)).status).toBe(400)
  })
}

const answerUrl = (shape: Shape): string => `${shape.url}/docs`

/** The API's own description, and its page. */
export const openapi = (shape: () => Shape): void => {
  describe('OpenAPI', () => {
    valid(shape)
    whole(shape)
    page(shape)
  })
}
