import { afterEach, expect } from 'vitest'
import { type Listening, listen } from './listen.ts'
import type { Shape } from './shapes.ts'

const open: Listening[] = []
afterEach(() => {
  for (const one of open.splice(0)) one.leave()
})

/** Listens to an app; `path` may go on behind `/stream`. */
export const follow = async (
  shape: Shape,
  appId: string,
  query = '',
  headers: Record<string, string> = {},
  version = 'v2',
): Promise<Listening> => {
  const listening = await listen(`${shape.url}/${version}/api/config/${appId}/stream${query}`, headers)
  open.push(listening)
  expect(listening.status).toBe(200)
  return listening
}
