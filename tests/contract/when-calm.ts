import { expect } from 'vitest'
import { eventually } from '../eventually.ts'
import type { Answer } from './ask.ts'

/**
 * Checks what an idle server answers. One that these tests keep busy tells apps to ask again later, and lets nobody keep that for a
 * year, until it has had less to do for some seconds.
 */
export const whenCalm: typeof eventually = (check) => eventually(check)

/** What a well server answers, with 200: on a machine that is busy for a second a store may be away for as long, as /health tells. */
export const whenWell = (ask: () => Promise<Answer>): Promise<Answer> =>
  eventually(async () => {
    const answer = await ask()
    expect(answer.status, answer.text).toBe(200)
    return answer
  })
