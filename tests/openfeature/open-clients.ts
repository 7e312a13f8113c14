import { randomUUID } from 'node:crypto'
import { OFREPProvider } from '@openfeature/ofrep-provider'
import { OFREPWebProvider, type OFREPWebProviderOptions } from '@openfeature/ofrep-web-provider'
import * as server from '@openfeature/server-sdk'
import * as web from '@openfeature/web-sdk'

/** What a provider asked, and was answered. */
export interface Call {
  method: string
  query: string
  ifNoneMatch: string | null
  status: number
}

/** A fetch that writes down what it does. */
export const recordedFetch =
  (calls: Call[]): typeof fetch =>
  async (input, init) => {
    const request = new Request(input, init)
    const answer = await fetch(request)
    calls.push({
      method: request.method,
      query: new URL(request.url).search,
      ifNoneMatch: request.headers.get('if-none-match'),
      status: answer.status,
    })
    return answer
  }

const addressOf = (url: string, appId: string): string => `${url}/v2/api/config/${appId}`

/** The SDK for pages on its own provider; resolves when the flags are there, and rejects where they are not given. */
export const openWeb = async (
  url: string,
  appId: string,
  context: web.EvaluationContext,
  options: Partial<OFREPWebProviderOptions> = {},
) => {
  const calls: Call[] = []
  const domain = randomUUID()
  const provider = new OFREPWebProvider({
    ...{ baseUrl: addressOf(url, appId), cacheMode: 'disabled', fetchImplementation: recordedFetch(calls) },
    ...options,
  })
  // Their types are not made for exact optional properties.
  const ready = web.OpenFeature.setProviderAndWait(domain, provider as web.Provider, context)
  const client = web.OpenFeature.getClient(domain)
  return {
    ...{ client, calls, ready },
    setContext: (next: web.EvaluationContext) => web.OpenFeature.setContext(domain, next),
    close: async () => provider.onClose?.(),
  }
}

/** The SDK for servers, whose provider asks for each flag. */
export const openServer = async (url: string, appId: string, headers: [string, string][] = []) => {
  const domain = randomUUID()
  const provider = new OFREPProvider({ baseUrl: addressOf(url, appId), headers })
  await server.OpenFeature.setProviderAndWait(domain, provider)
  return server.OpenFeature.getClient(domain)
}
