import { gaveWay } from './errors.ts'

/** Locks are taken in one order, yet a deadlock is no reason to bother anybody: nothing was done, so it is done again. */
const attemptsMost = 4

/** Runs a transaction, and again where it gave way to another. */
export const againAfterDeadlock = async <Result>(attempt: () => Promise<Result>): Promise<Result> => {
  for (let left = attemptsMost - 1; ; left -= 1) {
    try {
      return await attempt()
    } catch (error) {
      if (left === 0 || !gaveWay(error)) throw error
    }
  }
}
