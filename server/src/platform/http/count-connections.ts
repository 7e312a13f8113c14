import type { Socket } from 'node:net'
import { readAddress } from './read-address.ts'

interface CountOptions {
  /** 0: any number. */
  most: number
  isTrusted: (address: string) => boolean
  onCrowd: (address: string) => void
}

interface Client {
  name: string
  open: number
  isTold: boolean
  all: Map<string, Client>
}

/** Whom a connection counts for, on the socket itself, so that one function listens for the end of all of them. */
const clientKey = Symbol('client')
interface Counted extends Socket {
  [clientKey]?: Client
}

/**
 * Refuses connections of a client that has `most` open, by closing them before a byte is read. Returns what to call with
 * each new connection; false: it was refused.
 */
export const countConnections = ({
  most,
  isTrusted,
  onCrowd,
}: CountOptions): ((socket: Socket) => boolean) => {
  const all = new Map<string, Client>()
  return (socket: Counted) => {
    const { address, prefix: name } = (most > 0 && readAddress(socket.remoteAddress ?? '')) || {}
    if (address === undefined || name === undefined || isTrusted(address)) return true
    const client = all.get(name) ?? { name, open: 0, isTold: false, all }
    if (client.open >= most) {
      if (!client.isTold) onCrowd(address)
      client.isTold = true
      socket.destroy()
      return false
    }
    client.open += 1
    all.set(name, client)
    socket[clientKey] = client
    socket.on('close', countDown)
    return true
  }
}

function countDown(this: Counted): void {
  const client = this[clientKey]
  if (!client) return
  delete this[clientKey]
  client.open -= 1
  client.isTold = false
  if (client.open === 0) client.all.delete(client.name)
}

/** For whoever takes a connection over, and its listeners away. */
export const keepCounting = (socket: Counted): void => {
  if (socket[clientKey]) socket.on('close', countDown)
}
