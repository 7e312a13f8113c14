import { BlockList, isIPv6, type Socket } from 'node:net'

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

/** Machines of one's own: what comes from there is a proxy in front, or another service. */
const ownNetworks = new BlockList()
for (const [net, prefix] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  ownNetworks.addSubnet(net, prefix)
}
for (const [net, prefix] of [
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
] as const) {
  ownNetworks.addSubnet(net, prefix, 'ipv6')
}

export const isOwnNetwork = (address: string): boolean =>
  ownNetworks.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')

/** Whom an address stands for: of IPv6 a client has 2^64, the first four groups of which are the same. */
export const clientOf = (address: string): string => {
  if (!address.includes(':')) return address
  const [front = '', back] = address.split('::')
  const groups = front.split(':').filter((group) => group !== '')
  const last = back?.split(':') ?? []
  const zeros = back === undefined ? 0 : Math.max(0, 8 - groups.length - last.length)
  return [...groups, ...Array<string>(zeros).fill('0'), ...last].slice(0, 4).join(':')
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
    if (most === 0 || socket.remoteAddress === undefined) return true
    const { remoteAddress } = socket
    const address = remoteAddress.startsWith('::ffff:') ? remoteAddress.slice(7) : remoteAddress
    if (isTrusted(address)) return true
    const name = clientOf(address)
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
