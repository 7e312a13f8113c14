import { readFile } from 'node:fs/promises'
import { pageSecurity } from '../platform/http/security-headers.ts'

/** Self alone: nothing on this page may reach another host, and nothing written into it may run. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  // Swagger UI's style sheet holds its icons as data: URLs.
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

// All addresses are relative, so that the page also works behind a proxy that adds a prefix.
const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Parasol API</title>
    <link rel="icon" href="docs/favicon-32x32.png">
    <link rel="stylesheet" href="docs/swagger-ui.css">
  </head>
  <body>
    <div id="api"></div>
    <noscript>This page needs JavaScript; the same is in <a href="openapi.json">openapi.json</a>.</noscript>
    <script src="docs/swagger-ui-bundle.js" defer></script>
    <script src="docs/start.js" defer></script>
  </body>
</html>
`

// "none" keeps Swagger UI from asking its public validator about our document.
const START = `SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#api',
  validatorUrl: 'none',
  deepLinking: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
})
`

const fromSwagger = (file: string) => (): Promise<Uint8Array<ArrayBuffer>> =>
  readFile(new URL(import.meta.resolve(`swagger-ui-dist/${file}`)))

interface Asset {
  type: string
  read: () => Promise<Uint8Array<ArrayBuffer> | string>
}

const ASSETS = new Map<string, Asset>([
  ['start.js', { type: 'text/javascript; charset=utf-8', read: async () => START }],
  [
    'swagger-ui-bundle.js',
    { type: 'text/javascript; charset=utf-8', read: fromSwagger('swagger-ui-bundle.js') },
  ],
  ['swagger-ui.css', { type: 'text/css; charset=utf-8', read: fromSwagger('swagger-ui.css') }],
  ['favicon-32x32.png', { type: 'image/png', read: fromSwagger('favicon-32x32.png') }],
])

const contents = new Map<string, Uint8Array<ArrayBuffer> | string>()

const headers = (type: string, maxAgeSeconds: number): Record<string, string> => ({
  'Content-Type': type,
  'Cache-Control': `public, max-age=${maxAgeSeconds}`,
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  ...pageSecurity,
})

/** The page of `GET /docs`: /openapi.json rendered by Swagger UI, with requests to try; asks this origin alone. */
export const docsPage = async (): Promise<Response> =>
  new Response(PAGE, { headers: headers('text/html; charset=utf-8', 300) })

/** The file of `GET /docs/{name}`, read once and kept in memory; null when the page has no such file. */
export const docsAsset = async (name: string): Promise<Response | null> => {
  const asset = ASSETS.get(name)
  if (!asset) return null
  const content = contents.get(name) ?? (await asset.read())
  contents.set(name, content)
  return new Response(content, { headers: headers(asset.type, 86_400) })
}
