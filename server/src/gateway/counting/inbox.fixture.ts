import { countsPath, type Shipment, shipment } from '../../../../contract/shipment.ts'
import type { Peer } from '../../platform/peers/peer.ts'
import { readTally } from '../../platform/tally/read-tally.ts'
import { addTally, createTally, type Tally } from '../../platform/tally/tally.ts'

/** An analytics service as far as counts are shipped to it: what it stored, each shipment once. */
export interface Inbox {
  peer: Peer
  /** What it answers; 204 is stored. */
  status: number
  /** Numbers, as often as they came. */
  numbers: number[]
  shipments: Map<number, Shipment>
  /** All that was stored of an app. */
  tallyOf(appId: string): Tally
  /** Over all shipments and days: app, key, class, requests, refused. */
  uses(): [string | null, string | null, string, number, number][]
  lost(): number
}

export const createInbox = (): Inbox => {
  const inbox: Inbox = {
    status: 204,
    numbers: [],
    shipments: new Map(),
    peer: async (request) => {
      if (new URL(request.url).pathname !== countsPath)
        return new Response('nothing is here', { status: 404 })
      const read = shipment.parse(await request.json())
      inbox.numbers.push(read.number)
      if (inbox.status === 204) inbox.shipments.set(read.number, read)
      return new Response(null, { status: inbox.status })
    },
    tallyOf(appId) {
      const all = createTally()
      for (const { tallies } of inbox.shipments.values()) {
        for (const one of tallies) {
          if (one.appId === appId) addTally(all, readTally(Buffer.from(one.tally, 'base64')))
        }
      }
      return all
    },
    uses() {
      const sums = new Map<string, ReturnType<Inbox['uses']>[number]>()
      for (const { appId, keyId, routeClass, requests, refused } of [...inbox.shipments.values()].flatMap(
        (one) => one.uses,
      )) {
        const name = `${appId} ${keyId} ${routeClass}`
        const [, , , before, refusedBefore] = sums.get(name) ?? [null, null, '', 0, 0]
        sums.set(name, [appId, keyId, routeClass, before + requests, refusedBefore + refused])
      }
      return [...sums.values()]
    },
    lost: () => [...inbox.shipments.values()].reduce((sum, { lost }) => sum + lost, 0),
  }
  return inbox
}

/** The counts of a facet by value. */
export const countsOf = (tally: Tally, facet: string): Record<string, number> =>
  Object.fromEntries([...(tally.facets.get(facet) ?? [])].map(([value, { count }]) => [value, count]))

/** How many different buckets a facet saw by value. */
export const bucketsOf = (tally: Tally, facet: string): Record<string, number> =>
  Object.fromEntries(
    [...(tally.facets.get(facet) ?? [])].map(([value, { devices }]) => [
      value,
      devices.kind === 'buckets' ? devices.size : -1,
    ]),
  )
