import { routeBusy } from '../../platform/peers/failure-problem.ts'
import type { Peer } from '../../platform/peers/peer.ts'

/** A bulkhead: refuses more than `most` requests at a time with 503. What is answered at once does not count. */
export const limitUnderWay = (name: string, most: number, peer: Peer): Peer => {
  let underWay = 0
  const over = (): void => {
    underWay -= 1
  }
  return (request) => {
    if (underWay >= most) throw routeBusy(name, most)
    const answer = peer(request)
    if (!(answer instanceof Promise)) return answer
    underWay += 1
    answer.then(over, over)
    return answer
  }
}
