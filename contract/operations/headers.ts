import { z } from '@hono/zod-openapi'

export const idempotencyKey = z.string().min(1).max(255).optional().openapi({
  description:
    'The same key and body again, within 24 hours, gives the first answer again and changes nothing.',
  example: '"8e03978e-40d5-43dd-bc93-6894a57f9324"',
})

const whatItIsBasedOn =
  'The revision the change is based on; 412 when it is no longer the current one. `*`: any.'

export const ifMatch = z.string().max(500).optional().openapi({
  description: whatItIsBasedOn,
  example: '"42"',
})

/** Of an operation that a deployment may hold to it. */
export const ifMatchOrRefused = ifMatch.openapi({
  description: `${whatItIsBasedOn} With \`PARASOL_REQUIRE_IF_MATCH\` it must be there (428), except for the first release of a channel.`,
})
