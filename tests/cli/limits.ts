import { expect, test } from 'vitest'
import type { Limit } from '../../contract/limit.ts'
import type { Cli } from './run.ts'

/** `parasol limits`. No request is of the route class `nowhere`: what is made here must limit no other test. */
export const limits = (cli: () => Cli): void => {
  test('a limit is made, changed, excepted from, listed and removed', async () => {
    const set = (...args: string[]) => cli().done('limits', 'set', ...args)
    const made = await set(
      ...['c-daily', '--per', 'key', '--route', 'nowhere', '--quota', '100', '--window', '86400'],
    )
    expect(made.stdout).toMatch(/^lets in +100 in 86400 s\ncounts +nowhere requests, each key apart$/m)
    const changed = await set('c-daily', '--cost', 'post=5,HEAD=0', '--note', 'of a test', '--json')
    expect(changed.json<Limit>()).toMatchObject({
      ...{ per: 'key', quota: 100, cost: { POST: 5, HEAD: 0 }, note: 'of a test' },
    })
    const excepted = await set('c-daily.shop', '--app', 'a', '--app', 'b', '--quota', '200', '--window', '60')
    expect(excepted.stdout).toMatch(/^in place of +c-daily\nfor +apps a b\nlets in +200 in 60 s$/m)
    const listed = await cli().done('limits', 'list')
    expect(listed.stdout).toMatch(/^LIMIT +PER +ROUTES +LETS IN +FOR +MODE +ENABLED +NOTE\nburst +ip +any /)
    expect(listed.stdout).toMatch(
      /^c-daily +key +nowhere +100 in 86400 s +shared +yes +of a test\nc-daily\.shop +key /m,
    )
    const kept = await cli().run(['limits', 'remove', 'c-daily'])
    expect(kept).toMatchObject({ code: 5, stderr: expect.stringContaining('(limit_in_use, request ') })
    for (const name of ['c-daily.shop', 'c-daily']) await cli().done('limits', 'remove', name)
  })

  test('what a new limit lacks, and a cost that is none, are told before anything is done', async () => {
    const lacking = await cli().run(['limits', 'set', 'c-new', '--quota', '5'])
    expect(lacking).toMatchObject({ code: 2, stderr: expect.stringContaining('--per, --quota and --window') })
    const cost = await cli().run(['limits', 'set', 'c-new', '--cost', 'POST:5'])
    expect(cost).toMatchObject({ code: 2, stderr: expect.stringContaining('POST=5,HEAD=0') })
  })
}
