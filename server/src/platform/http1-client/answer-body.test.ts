import { expect, it } from 'vitest'
import { AnswerBody } from './answer-body.ts'

const source = () => {
  const said: string[] = []
  const say = (what: string) => () => void said.push(what)
  return { said, source: { pause: say('pause'), resume: say('resume'), leave: say('leave') } }
}
/** Hears all of a body. */
const heard = (body: AnswerBody): string[] => {
  const all: string[] = []
  body.read({
    data: (bytes) => all.push(bytes.toString()),
    end: () => all.push('end'),
    cut: (error) => all.push(error.message),
  })
  return all
}

it('tells who reads it late how it ended', () => {
  const whole = new AnswerBody(4, source().source)
  whole.take(Buffer.from('body'))
  expect(heard(whole)).toEqual(['body', 'end'])
  const broken = new AnswerBody(4, source().source)
  broken.take(Buffer.from('bo'))
  broken.cut(new Error('reset'))
  expect(heard(broken)).toEqual(['bo', 'reset'])
})

it('has nothing to do any more with a connection from which it has arrived', () => {
  const { said, source: connection } = source()
  const body = new AnswerBody(4, connection)
  body.take(Buffer.from('body'))
  heard(body)
  body.leave()
  expect(said).toEqual([])
})
