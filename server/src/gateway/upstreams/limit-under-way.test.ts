import { expect, it } from 'vitest'
import { limitUnderWay } from './limit-under-way.ts'

const request = new Request('http://front.example/')

it('refuses more than may be under way, until one is over, however it ends', async () => {
  const waiting: PromiseWithResolvers<Response>[] = []
  const peer = limitUnderWay('analytics', 2, () => {
    const one = Promise.withResolvers<Response>()
    waiting.push(one)
    return one.promise
  })
  const answers = [peer(request), peer(request)]
  expect(() => peer(request)).toThrow(expect.objectContaining({ code: 'route_busy', status: 503 }))
  waiting[0]?.resolve(new Response())
  waiting[1]?.reject(new Error('failed'))
  await Promise.allSettled(answers)
  void peer(request)
  void peer(request)
  expect(() => peer(request)).toThrow()
})

it('counts nothing that is answered at once', () => {
  const peer = limitUnderWay('analytics', 1, () => new Response('now'))
  for (let i = 0; i < 3; i += 1) expect(peer(request)).toBeInstanceOf(Response)
})
