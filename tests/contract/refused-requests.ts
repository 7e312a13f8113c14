import { describe, expect, it } from 'vitest'
import { ask } from './ask.ts'
import { createApp, freshId, manage, publishApp } from './operator.ts'
import { expectProblem, places } from './problem.ts'
import type { Shape } from './shapes.ts'

const mediaTypes = (shape: () => Shape): void => {
  it.each([
    ['text/plain', {}],
    ['application/x-www-form-urlencoded', {}],
    ['application/merge-patch+json', {}],
    ['', {}],
    ['application/json', { 'content-encoding': 'gzip' }],
  ])('refuses Content-Type %j with %j', async (type, headers) => {
    const appId = freshId()
    const answer = await manage(shape(), 'POST', '/apps', {
      body: { appId, name: 'x' },
      headers: { 'content-type': type, ...headers },
    })
    expectProblem(answer, 'unsupported_media_type')
    expect((await manage(shape(), 'GET', `/apps/${appId}`)).status).toBe(404)
  })

  it('takes JSON under any spelling of its type', async () => {
    for (const type of ['application/json;charset=UTF-8', 'Application/JSON', 'application/json ; x=y']) {
      const answer = await manage(shape(), 'POST', '/apps', {
        body: { appId: freshId(), name: 'x' },
        headers: { 'content-type': type, 'content-encoding': 'identity' },
      })
      expect(answer.status, type).toBe(201)
    }
  })
}

const cursorOf = (key: unknown): string => Buffer.from(JSON.stringify(key)).toString('base64url')

const parameters = (shape: () => Shape): void => {
  it.each(['0', '201', '-1', '1.5', 'all', ''])('refuses limit=%s', async (limit) => {
    const { appId } = await createApp(shape())
    for (const path of ['/apps', '/audit', `/apps/${appId}/configs`, `/apps/${appId}/releases`]) {
      const answer = await manage(shape(), 'GET', `${path}?limit=${limit}`)
      expect(places(expectProblem(answer, 'invalid_parameter'))).toEqual(['invalid_parameter limit'])
    }
  })

  it.each([
    ['/audit?app=x', ['unknown_parameter app']],
    ['/apps?labels=team=x&q=shop', ['unknown_parameter labels', 'unknown_parameter q']],
    ['/apps?limit=1&limit=2', ['invalid_parameter limit']],
    ['/apps/a.shop?extends=x', ['unknown_parameter extends']],
  ])('refuses GET %s: whoever misspells a parameter would get something else', async (path, expected) => {
    const code = expected[0]?.split(' ')[0] as 'unknown_parameter' | 'invalid_parameter'
    expect(places(expectProblem(await manage(shape(), 'GET', path), code))).toEqual(expected)
  })

  it('refuses ?dryrun=true and imports nothing: only dryRun is a dry run', async () => {
    const appId = freshId()
    const answer = await manage(shape(), 'POST', '/import?dryrun=true', {
      body: JSON.stringify({ type: 'app', appId, name: 'Oops' }),
      headers: { 'content-type': 'application/x-ndjson' },
    })
    expect(expectProblem(answer, 'unknown_parameter').detail).toContain('Known are: dryRun')
    expect((await manage(shape(), 'GET', `/apps/${appId}`)).status).toBe(404)
  })

  it('refuses more than 50 rows of the audit log, which hold whole documents', async () => {
    const answer = await manage(shape(), 'GET', '/audit?limit=51')
    expect(places(expectProblem(answer, 'invalid_parameter'))).toEqual(['invalid_parameter limit'])
    expect((await manage(shape(), 'GET', '/audit?limit=50')).status).toBe(200)
  })

  it.each(['0000-01-01', '9999-12-31T23:59:59-00:01'])('refuses %s, which no store holds', async (from) => {
    const answer = await manage(shape(), 'GET', `/audit?from=${from}`)
    expect(places(expectProblem(answer, 'invalid_parameter'))).toEqual(['invalid_parameter from'])
  })

  it('refuses cursors it never handed out', async () => {
    const { appId } = await createApp(shape())
    const lists = ['/apps', '/audit', `/apps/${appId}/configs`, `/apps/${appId}/releases`]
    const forged = ['x', '%00', cursorOf(null), cursorOf({}), cursorOf(true), cursorOf('a\u0000b')]
    const numbers = [cursorOf(1.5), cursorOf(1e300), 'MWU5OTk', cursorOf('1')]
    for (const list of lists) {
      const texts = list.endsWith('/apps')
        ? [cursorOf(7)]
        : list.endsWith('/configs')
          ? [cursorOf('latest')]
          : numbers
      for (const cursor of [...forged, ...texts]) {
        expectProblem(await manage(shape(), 'GET', `${list}?cursor=${cursor}`), 'invalid_cursor')
      }
    }
  })

  it('refuses an appId that is none, in the path and in the query', async () => {
    for (const path of ['/apps/a%20b', '/apps/-x/configs', '/audit?appId=%25']) {
      const answer = await manage(shape(), 'GET', path)
      expect(places(expectProblem(answer, 'invalid_parameter'))).toEqual(['invalid_parameter appId'])
    }
    const answer = await manage(shape(), 'GET', '/apps?archived=maybe')
    expect(places(expectProblem(answer, 'invalid_parameter'))).toEqual(['invalid_parameter archived'])
  })

  it('refuses a path that is not UTF-8 or badly escaped', async () => {
    for (const path of ['/apps/%FF', '/apps/%', '/apps/%E0%A4%A']) {
      expect((await manage(shape(), 'GET', path)).status).toBe(400)
    }
  })
}

const strangers: [what: string, authorization: string | undefined, challenge: string][] = [
  ['no token', undefined, 'Bearer realm="parasol"'],
  ['a wrong token', 'Bearer not-the-token-of-this-server', 'Bearer realm="parasol", error="invalid_token"'],
  ['another scheme', 'Basic YWRtaW46YWRtaW4=', 'Bearer realm="parasol", error="invalid_token"'],
  ['an empty token', 'Bearer ', 'Bearer realm="parasol"'],
]

const tokens = (shape: () => Shape): void => {
  it.each(strangers)(
    'answers 401 with a challenge to %s, before anything else',
    async (_, authorization, challenge) => {
      const { appId } = await publishApp(shape())
      const headers = { ...(authorization !== undefined && { authorization }), 'content-type': 'text/plain' }
      const questions: [string, string][] = [
        ['GET', '/apps'],
        ['POST', '/apps'],
        ['GET', `/apps/${appId}`],
        ['PATCH', `/apps/${appId}`],
        ['DELETE', `/apps/${appId}`],
        ['GET', '/apps/none'],
        ['POST', `/apps/${appId}/configs`],
        ['GET', `/apps/${appId}/configs/1.0.0`],
        ['POST', `/apps/${appId}/releases`],
        ['GET', '/audit'],
      ]
      for (const [method, path] of questions) {
        const answer = await ask(`${shape().url}/manage/v1${path}`, { method, headers })
        expectProblem(answer, 'unauthorized')
        expect(answer.headers['www-authenticate']).toBe(challenge)
        expect(answer.headers['cache-control']).toBe('no-store')
      }
      expect((await manage(shape(), 'GET', `/apps/${appId}`)).json()).toMatchObject({ archivedAt: null })
    },
  )

  it('takes the token under any spelling of the scheme', async () => {
    for (const scheme of ['bearer', 'BEARER']) {
      const headers = { authorization: `${scheme} ${shape().token}` }
      expect((await manage(shape(), 'GET', '/apps', { headers })).status).toBe(200)
    }
  })
}

/** Requests that management refuses before it looks at what is asked: media types, parameters, cursors, tokens. */
export const refusedRequests = (shape: () => Shape): void => {
  describe('refused requests', () => {
    mediaTypes(shape)
    parameters(shape)
    tokens(shape)
  })
}
