import fc from 'fast-check'
import semver from 'semver'
import { expect, it } from 'vitest'
import { compareConfigs } from '../../../../contract/compare-configs.ts'
import { judgeVersion } from './judge-version.ts'
import { nextAbove } from './raise-version.ts'

const number = fc.nat(3)
const suffix = fc.constantFrom('', '-rc.1', '-beta.2')
const version = fc
  .tuple(number, number, number, suffix)
  .map(([major, minor, patch, pre]) => `${major}.${minor}.${patch}${pre}`)

const changes = {
  major: compareConfigs({ data: { a: 1 } }, { data: {} }),
  minor: compareConfigs({ data: {} }, { data: { a: 1 } }),
  patch: compareConfigs({ data: { a: 1 } }, { data: { a: 2 } }),
}
const part = fc.constantFrom('major', 'minor', 'patch')
const isEnough = (name: string, before: string, deserved: keyof typeof changes): boolean =>
  judgeVersion(name, before, changes[deserved]) === undefined

const release = version.filter((name) => semver.prerelease(name) === null)

it('a version is enough from the next of its part on, pre-releases of it included, and none below', () => {
  fc.assert(
    fc.property(release, version, part, (before, given, deserved) => {
      fc.pre(semver.gt(given, before))
      const lowest = nextAbove(before, deserved) ?? ''
      expect(isEnough(given, before, deserved)).toBe(semver.gte(given, `${lowest}-0`))
    }),
  )
})

it('a part raised is enough for what deserves it or less, and for no more', () => {
  const order = ['patch', 'minor', 'major']
  fc.assert(
    fc.property(release, part, part, (before, raised, deserved) => {
      const given = nextAbove(before, raised) ?? ''
      expect(isEnough(given, before, deserved)).toBe(order.indexOf(raised) >= order.indexOf(deserved))
    }),
  )
})

it('takes any version where nothing changes', () => {
  fc.assert(
    fc.property(release, version, (before, given) => {
      expect(judgeVersion(given, before, compareConfigs({ data: {} }, { data: {} }))).toBeUndefined()
    }),
  )
})

it('says of an override by name what it does, and of a flag its key', () => {
  const base = { data: { on: true } }
  const withOverride = (data: Record<string, unknown>) => ({
    ...base,
    overrides: [{ name: 'ios-off', data }],
  })
  const search = { state: 'ENABLED' as const, variants: { on: true } }
  const why = (...[before, after]: Parameters<typeof compareConfigs>) =>
    judgeVersion('1.0.0', '1.0.0', compareConfigs(before, after))?.detail.split(' since 1.0.0 ')[1]
  expect(why(base, withOverride({ on: null }))).toMatch(
    /^\/overrides\/0 \(ios-off\) is new and takes away a key that there was, or changes its type, which is a major/,
  )
  expect(why(withOverride({ on: false }), base)).toMatch(
    /^\/overrides\/0 \(ios-off\) is gone, which is a patch/,
  )
  expect(why(withOverride({}), withOverride({ off: 1 }))).toMatch(
    /^\/overrides\/0 \(ios-off\) has changed and brings a key that there was not, which is a minor/,
  )
  expect(why({ ...base, flags: { search } }, base)).toMatch(/^\/flags\/search is gone, which is a major/)
})

it('says where no version would be high enough', () => {
  const last = `${Number.MAX_SAFE_INTEGER}.0.0`
  const judged = judgeVersion(`${Number.MAX_SAFE_INTEGER}.1.0`, last, changes.major)
  expect(judged?.detail).toContain('no version is high enough, or send "force": true')
})
