import {
  answerPrepared,
  hitInMemory,
  type PreparedHeaders,
  prepareHeaders,
} from '../../platform/http/prepared-answer.ts'
import type { Route } from '../routes/route.ts'
import { readSearch } from '../search/read-search.ts'
import type { Counting, Visit } from './counting.ts'

const route: Route = {
  ...{ name: 'config-v2', prefix: '/v2/api/config', policy: 'config', auth: 'service', isCached: false },
  ...{ edition: '', isOfApps: true, maxBodyBytes: undefined, template: '/v2/api/config/{appId}' },
  peer: () => new Response(),
  problemOf: () => {
    throw new Error('nothing goes wrong')
  },
}

const noHeaders = new Headers()

interface Read {
  query?: string
  status?: number
  revision?: number
  /** Of its answer; new ones where none are given. */
  headers?: PreparedHeaders
}

/** Headers of an answer, for one read or many. */
export const headersOf = (revision: number): PreparedHeaders => prepareHeaders({ etag: `"${revision}.1"` })

/** Counts one read of /v2 as a gateway does. */
export const countRead = (
  counting: Counting,
  appId: string,
  { query = '', status = 200, revision = 42, headers = headersOf(revision) }: Read = {},
): void => {
  // Nobody looks at more of it, and a whole one takes longer than all that is tested.
  const url = `http://front.example/v2/api/config/${appId}${query}`
  const request = { method: 'GET', url, headers: noHeaders } as unknown as Request
  const visit: Visit = {
    ...{ route, path: `/v2/api/config/${appId}`, routeClass: 'config', method: 'GET', appId },
    ...{ keyId: undefined, prefix: undefined, search: readSearch(url) },
  }
  const response = answerPrepared(status, null, headers, { 'cache-status': hitInMemory, 'x-request-id': 'a' })
  counting.count(request, visit, status, response, counting.begin())
}
