import { expect, it } from 'vitest'
import { Crowded, limitLoads } from './limit-loads.ts'

const endless = 60_000

it('gives as many places as there are, and each that is given back to whoever has waited longest', async () => {
  const places = limitLoads({ most: 2, waitingMost: 10, patienceMs: endless })
  const order: string[] = []
  const [endFirst, endSecond] = [await places.take(), await places.take()]
  const takeAs = async (name: string) => {
    const end = await places.take()
    order.push(name)
    return end
  }
  const third = takeAs('third')
  const fourth = takeAs('fourth')
  await Promise.resolve()
  expect(order).toEqual([])
  endSecond()
  const endThird = await third
  expect(order).toEqual(['third'])
  endFirst()
  const endFourth = await fourth
  endThird()
  endFourth()
  // All places are free again.
  await Promise.all([places.take(), places.take()])
})

it('refuses at once when as many wait as may: 503, try again in a second', async () => {
  const places = limitLoads({ most: 1, waitingMost: 1, patienceMs: endless })
  const end = await places.take()
  const waiting = places.take()
  const refused = await places.take().catch((error) => error)
  expect(refused).toBeInstanceOf(Crowded)
  expect(refused).toMatchObject({
    status: 503,
    code: 'store_unavailable',
    headers: { 'retry-after': '1' },
  })
  end()
  ;(await waiting)()
})

it('refuses who has waited too long, and gives the place to somebody who still waits', async () => {
  const places = limitLoads({ most: 1, waitingMost: 10, patienceMs: 5 })
  const end = await places.take()
  await expect(places.take()).rejects.toBeInstanceOf(Crowded)
  end()
  ;(await places.take())()
})
