import type { Hono } from 'hono'
import type { Kysely } from 'kysely'
import { Problem } from '../../../../contract/problems.ts'
import { countsPath, shipment, shipmentMost } from '../../../../contract/shipment.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { checkBody } from '../../platform/http/check-input.ts'
import { checkMediaType, decodeUtf8, readBytes } from '../../platform/http/read-body.ts'
import { formatVersion } from '../../platform/tally/write-tally.ts'
import { saveShipment } from './save-shipment.ts'

const bounds = { maxBytes: shipmentMost, setting: null }

/** What gateways have counted: answered 204 once it is stored; docs/decisions/0016 says why without a token. */
export const addCounts = (service: Hono, db: Kysely<Tables>): void => {
  service.post(countsPath, async (c) => {
    checkMediaType(c.req.raw, 'application/json')
    const bytes = await readBytes(c.req.raw, bounds)
    const shipped = checkBody(shipment, parse(bytes))
    refuseUnknownFormats(shipped.tallies)
    await saveShipment(db, shipped, bytes)
    return c.body(null, 204)
  })
}

/** Not as strict as what people send: it comes from our own processes, every few seconds, and may be megabytes. */
const parse = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(decodeUtf8(bytes, 'body'))
  } catch (cause) {
    if (cause instanceof Problem) throw cause
    throw new Problem('invalid_json', { detail: 'The body is not JSON.', cause })
  }
}

/** Of a later gateway: said at once, because it could never be folded here. */
const refuseUnknownFormats = (tallies: readonly { tally: string }[]): void => {
  for (const [index, { tally }] of tallies.entries()) {
    if (Buffer.from(tally.slice(0, 4), 'base64')[0] === formatVersion) continue
    const detail = `this is no tally of format ${formatVersion}, which this process can read; update it first`
    throw new Problem('invalid_field', {
      detail,
      errors: [{ code: 'invalid_field', pointer: `/tallies/${index}/tally`, detail }],
    })
  }
}
