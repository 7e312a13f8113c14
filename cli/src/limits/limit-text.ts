import type { Cost, Limit } from '../../../contract/limit.ts'
import { fieldLines } from '../output/table.ts'

/** For whom a limit is, in a few words. */
export const whomText = ({ appIds, keyIds }: Limit): string => {
  const parts = [appIds && `apps ${appIds.join(' ')}`, keyIds && `keys ${keyIds.join(' ')}`]
  return parts.filter((part) => part !== null).join(', ')
}

const costText = (cost: Cost): string =>
  typeof cost === 'number'
    ? String(cost)
    : Object.entries(cost)
        .map(([method, each]) => `${method}=${each}`)
        .join(',')

/** A limit as lines of name and value. */
export const limitText = (limit: Limit): string =>
  fieldLines([
    ['limit', limit.name],
    ['in place of', limit.name === limit.policy ? null : limit.policy],
    ['for', whomText(limit) || 'everyone'],
    ['lets in', `${limit.quota} in ${limit.windowSeconds} s`],
    ['counts', `${limit.routeClass} requests, each ${limit.per} apart`],
    ['cost', costText(limit.cost)],
    ['mode', limit.mode],
    ['enabled', limit.isEnabled ? 'yes' : 'no'],
    ['note', limit.note],
    ['revision', limit.revision],
  ])
