import { z } from '@hono/zod-openapi'

export const idempotencyKey = z.string().min(1).max(255).optional().openapi({
  description:
    'The same key and body again, within 24 hours, gives the first answer again and changes nothing.',
  example: '"8e03978e-40d5-43dd-bc93-6894a57f9324"',
})

export const ifMatch = z.string().max(500).optional().openapi({
  description:
    'The revision the change is based on; 412 when it is no longer the current one. `*`: any. With `PARASOL_REQUIRE_IF_MATCH` it must be there (428), unless there is nothing yet.',
  example: '"42"',
})
