import { z } from '@hono/zod-openapi'

const label = '[a-z0-9_-]+'
/** Scheme, host and port as browsers write them; apps in a web view have schemes of their own, as capacitor://localhost. */
const pattern = new RegExp(
  `^[a-z][a-z0-9+.-]*://(?:${label}(?:\\.${label})*|\\*(?:\\.${label}){2,}|\\[[0-9a-f:.]+\\])(?::[0-9]{1,5})?$`,
)
/** Browsers leave the port of the scheme out, so an origin that names it would never be met. */
const defaultPort = /^(?:http:.*:80|https:.*:443)$/

const origin = z
  .string()
  .max(300)
  .regex(
    pattern,
    'it must be an origin as browsers send it: scheme, host and port alone, in lower case, as https://shop.example.com; https://*.example.com stands for one label',
  )
  .refine(
    (text) => !defaultPort.test(text),
    'leave the port out: browsers do, where it is that of the scheme',
  )

/** Pages of which origins may read an app (Fetch §3.2); null: of any. */
export const allowedOrigins = z
  .array(origin)
  .max(100)
  .nullable()
  .openapi({
    example: ['https://shop.example.com', 'https://*.example.org'],
    description:
      'Pages of these origins alone may read its config; `*.` stands for one label. null: pages of any origin. It binds browsers only. Nobody fetches a template, so of one it counts for nothing.',
  })
