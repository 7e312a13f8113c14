import { describe, expect, it } from 'vitest'
import { updateFor } from './update-for.ts'

describe('updateFor', () => {
  it.each([
    ['1.9.9', '2.0.0', '2.5.0', 'required'],
    ['2.0.0-beta.1', '2.0.0', '2.5.0', 'required'],
    ['2.0.0', '2.0.0', '2.5.0', 'recommended'],
    ['2.5.0', '2.0.0', '2.5.0', 'none'],
    ['1.0.0', null, '2.5.0', 'recommended'],
    ['1.0.0', '2.0.0', null, 'required'],
    ['1.0.0', null, null, 'none'],
    [undefined, '2.0.0', '2.5.0', 'none'],
  ] as const)(
    '%s with %s required and %s recommended: %s',
    (appVersion, minimumAppVersion, recommendedAppVersion, update) => {
      expect(updateFor({ minimumAppVersion, recommendedAppVersion }, appVersion)).toBe(update)
    },
  )
})
