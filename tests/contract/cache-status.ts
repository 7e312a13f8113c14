import { expect } from 'vitest'
import type { Shape } from './shapes.ts'

/** How a read that came before is answered: from the service's memory, or by a gateway of its own, which has stored it. */
export const fromMemory = ({ apart }: Shape): unknown =>
  apart ? expect.stringMatching(/^parasol; .+, parasol-edge; hit; ttl=\d+$/) : 'parasol; hit; detail=memory'

/** How a first read is answered: as the service says, and stored by a gateway of its own. */
export const asTold = ({ apart }: Shape, said: string): unknown =>
  apart
    ? expect.stringMatching(new RegExp(`^${said}, parasol-edge; fwd=uri-miss; fwd-status=200; stored`))
    : said
