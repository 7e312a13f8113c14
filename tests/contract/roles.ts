import { beforeAll, describe, expect, it } from 'vitest'
import { type Role, roles as roleNames } from '../../contract/key.ts'
import { operations } from '../../contract/operations/operations.ts'
import type { Answer } from './ask.ts'
import { as, createApp, createKey, freshId, manage } from './operator.ts'
import { expectProblem } from './problem.ts'
import type { Shape } from './shapes.ts'

interface Operation {
  method: string
  path: string
  operationId: string
  security?: object[]
  'x-parasol-role'?: Role
}

/** Every operation that asks for a token, as the contract declares it. */
export const managed: readonly Operation[] = Object.values<Operation>(operations).filter(
  ({ security = [] }) => security.length > 0,
)

/** Where an operation is asked about something that there is not. */
const nowhere = ({ path }: Operation): string =>
  path
    .replace('/manage/v1', '')
    .replace('{appId}', freshId('nobody'))
    .replace('{version}', '1.0.0')
    .replace('{keyId}', 'nobody')
    .replaceAll(/\{\w+\}/g, '999999999')

const askAs = (shape: Shape, operation: Operation): Promise<Answer> =>
  manage(shape, operation.method.toUpperCase(), nowhere(operation), {
    ...(operation.method !== 'get' && { body: {} }),
  })

/** Each operation takes the role it declares, or a higher one, and no lower one. */
export const roles = (shape: () => Shape): void => {
  describe('roles', () => {
    const holders = new Map<string, Shape>()
    const holder = (role: string): Shape => {
      const found = holders.get(role)
      if (!found) throw new Error(`nobody has the role ${role}`)
      return found
    }
    beforeAll(async () => {
      for (const role of roleNames) holders.set(role, as(shape(), await createKey(shape(), { role })))
      const { appId } = await createApp(shape())
      const client = { role: 'client', appIds: [appId], channel: 'stable' }
      holders.set('client', as(shape(), await createKey(shape(), client)))
    })

    it('are declared by every operation that asks for a token', () => {
      const withoutRole = managed.filter(
        (operation) => !roleNames.includes(operation['x-parasol-role'] as Role),
      )
      expect(withoutRole).toEqual([])
    })

    it('let whoever has the lowest that is asked for do it', async () => {
      for (const operation of managed) {
        const answer = await askAs(holder(operation['x-parasol-role'] ?? ''), operation)
        expect([401, 403], `${operation.operationId}: ${answer.text}`).not.toContain(answer.status)
      }
    })

    it('let nobody below that do it: 403, before anything else is looked at', async () => {
      const ladder = ['client', ...roleNames]
      for (const operation of managed) {
        const below = ladder[ladder.indexOf(operation['x-parasol-role'] ?? '') - 1] ?? ''
        const answer = await askAs(holder(below), operation)
        expect(answer.status, `${operation.operationId} as ${below}: ${answer.text}`).toBe(403)
        expectProblem(answer, 'forbidden')
        expect(answer.headers['www-authenticate']).toContain('error="insufficient_scope"')
      }
    })
  })
}
