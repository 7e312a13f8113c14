import { eventually } from '../eventually.ts'

/**
 * Checks what an idle server answers. One that these tests keep busy tells apps to ask again later, and lets nobody keep that for a
 * year, until it has had less to do for some seconds.
 */
export const whenCalm: typeof eventually = (check) => eventually(check)
