import { expect } from 'vitest'
import { atEnd } from '../at-end.ts'
import { type Listening, listen } from './listen.ts'
import type { Shape } from './shapes.ts'

/** Listens to an app until the test ends; `query` follows `/stream`. */
export const follow = async (
  shape: Shape,
  appId: string,
  query = '',
  headers: Record<string, string> = {},
  version = 'v2',
): Promise<Listening> => {
  const listening = await listen(`${shape.url}/${version}/api/config/${appId}/stream${query}`, headers)
  atEnd(() => listening.leave())
  expect(listening.status).toBe(200)
  return listening
}
