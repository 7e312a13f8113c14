import { expect } from 'vitest'
import { released } from './chain.ts'
import { manage } from './operator.ts'
import type { Shape } from './shapes.ts'

/** A condition that every app may have. */
export const onIos = { '==': [{ var: 'platform' }, 'ios'] }

/** An override for iOS. */
export const override = (name: string, data: object, more: object = {}) => ({
  name,
  when: onIos,
  ...more,
  data,
})

/** A flag of two variants. */
export const flag = (on: unknown = true, off: unknown = false) => ({
  state: 'ENABLED',
  variants: { on, off },
  defaultVariant: 'off',
})

/** Asks for a version to be saved. */
export const askSave = (shape: Shape, appId: string, body: object | string) =>
  manage(shape, 'POST', `/apps/${appId}/configs`, { body })

export interface Saved {
  configVersion: string
  data: object
  overrides?: object[]
  flags?: object
  warnings?: { pointer: string; code: string; detail: string }[]
}

/** Saves a version, numbered as its changes deserve. */
export const saveAuto = async (shape: Shape, appId: string, body: object): Promise<Saved> => {
  const answer = await askSave(shape, appId, { bump: 'auto', data: {}, ...body })
  expect(answer.status, answer.text).toBe(201)
  return answer.json<Saved>()
}

/** Saves a version and releases it on stable. */
export const goLiveWith = async (shape: Shape, appId: string, body: object) => {
  const { configVersion } = await saveAuto(shape, appId, body)
  return released(shape, appId, { configVersion })
}
