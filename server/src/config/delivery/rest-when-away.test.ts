import { expect, it } from 'vitest'
import { OutOfTime } from '../../platform/within.ts'
import { restWhenAway } from './rest-when-away.ts'

const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
const late = new OutOfTime('the database took longer than 1500 ms')
const canceled = Object.assign(new Error('canceling statement'), { code: '57014' })
const endless = 60_000
const fail = (error: unknown) => () => Promise.reject(error)
const answer = async () => 'answer'

it('leaves a database alone that refused a connection', async () => {
  const rest = restWhenAway(endless)
  await expect(rest.ask('shop', fail(refused))).rejects.toBe(refused)
  await expect(rest.ask('news', answer)).rejects.toBe(refused)
})

it('asks again when the rest is over', async () => {
  const rest = restWhenAway(0)
  await expect(rest.ask('shop', fail(refused))).rejects.toBe(refused)
  expect(await rest.ask('news', answer)).toBe('answer')
})

it.each([
  { what: 'out of time', error: late },
  { what: 'given up by the server', error: canceled },
])(
  'goes on asking after the slow query of one id ($what), however often it is repeated',
  async ({ error }) => {
    const rest = restWhenAway(endless)
    await expect(rest.ask('slow', fail(error))).rejects.toBe(error)
    await expect(rest.ask('slow', fail(error))).rejects.toBe(error)
    expect(await rest.ask('news', answer)).toBe('answer')
    await expect(rest.ask('slow too', fail(error))).rejects.toBe(error)
    expect(await rest.ask('news', answer)).toBe('answer')
  },
)

it('does not count the slowness of a query during which another one was answered', async () => {
  const rest = restWhenAway(endless)
  const fails: ((error: Error) => void)[] = []
  const slow = ['one', 'two', 'three'].map((key) =>
    rest.ask(key, () => new Promise<string>((_, reject) => fails.push(reject))),
  )
  await new Promise((resolve) => setTimeout(resolve, 2))
  await rest.ask('news', answer)
  for (const giveUp of fails) giveUp(late)
  await Promise.allSettled(slow)
  expect(await rest.ask('news', answer)).toBe('answer')
})

it('leaves a database alone that answers nobody', async () => {
  const rest = restWhenAway(endless)
  await expect(rest.ask('shop', fail(late))).rejects.toBe(late)
  await expect(rest.ask('bank', fail(late))).rejects.toBe(late)
  await expect(rest.ask('news', answer)).rejects.toBe(late)
})

it('goes on after a failure that is no absence of the database', async () => {
  const rest = restWhenAway(endless)
  const wrong = new RangeError('the bigint 9007199254740993 does not fit a JavaScript number')
  await expect(rest.ask('shop', fail(wrong))).rejects.toBe(wrong)
  expect(await rest.ask('news', answer)).toBe('answer')
})
