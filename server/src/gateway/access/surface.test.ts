import { expect, it } from 'vitest'
import { type Surface, surfaceOf } from './surface.ts'

it.each<[Surface, string[]]>([
  [
    'admin',
    ['/manage', '/manage/', '/manage/v1/apps', '/metrics', '/docs', '/docs/start.js', '/openapi.json'],
  ],
  ['probe', ['/health', '/livez', '/readyz']],
  [
    'public',
    ['/', '', '/v1/api/config/shop', '/v2/x', '/beta/api/config/shop', '/managed', '/document', '/healthy'],
  ],
])('%s: %j', (surface, paths) => {
  for (const path of paths) expect([path, surfaceOf(path)]).toEqual([path, surface])
})
