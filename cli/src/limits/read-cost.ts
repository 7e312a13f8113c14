import type { Cost } from '../../../contract/limit.ts'
import { UsageProblem } from '../command.ts'

/** A cost as it is written on a command line: `5`, or by method `POST=5,HEAD=0`. */
export const readCost = (text: string): Cost => {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  return Object.fromEntries(
    text.split(',').map((part) => {
      const [, method, cost] = /^([A-Za-z]+)=(\d{1,9})$/.exec(part) ?? []
      if (method === undefined) {
        throw new UsageProblem(`--cost is ${JSON.stringify(text)}, but it must be 5, or as POST=5,HEAD=0.`)
      }
      return [method.toUpperCase(), Number(cost)]
    }),
  )
}
