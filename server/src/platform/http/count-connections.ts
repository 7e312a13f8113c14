import type { ListenOptions } from './listener.ts'
import { readAddress } from './read-address.ts'

interface Client {
  name: string
  open: number
  isTold: boolean
}

/** Whom a connection counts for, on the connection itself. */
const clientKey = Symbol('client')
interface Counted {
  [clientKey]?: Client
}

export interface Crowds {
  /** False: refuse it, before a byte is read. */
  enter(connection: object, remoteAddress: string | undefined): boolean
  leave(connection: object): void
}

/** Refuses connections of a client that has `connectionsPerClient` open. */
export const createCrowds = ({
  connectionsPerClient: most = 0,
  isTrusted = () => false,
  onCrowd = () => {},
}: Pick<ListenOptions, 'connectionsPerClient' | 'isTrusted' | 'onCrowd'>): Crowds => {
  const all = new Map<string, Client>()
  return {
    enter(connection: Counted, remoteAddress) {
      const { address, prefix: name } = (most > 0 && readAddress(remoteAddress ?? '')) || {}
      if (address === undefined || name === undefined || isTrusted(address)) return true
      const client = all.get(name) ?? { name, open: 0, isTold: false }
      if (client.open >= most) {
        if (!client.isTold) onCrowd(address)
        client.isTold = true
        return false
      }
      client.open += 1
      all.set(name, client)
      connection[clientKey] = client
      return true
    },
    leave(connection: Counted) {
      const client = connection[clientKey]
      if (!client) return
      delete connection[clientKey]
      client.open -= 1
      client.isTold = false
      if (client.open === 0) all.delete(client.name)
    },
  }
}
