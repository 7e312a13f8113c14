import { Problem } from '../../../../contract/problems.ts'

/** What a read that waits is refused with while this process stops. */
export const stopping = (): Problem =>
  new Problem('stopping', {
    detail: 'This process is stopping, so it waits for nothing any more. Ask again: another one answers.',
    headers: { 'retry-after': '1' },
  })
