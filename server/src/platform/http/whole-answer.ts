import { answerPrepared, prepareRead } from './prepared-answer.ts'

/** An upstream's answer that has arrived as a whole: what its Response is made of, for who would have to take that apart. */
export interface WholeAnswer {
  /** Names in lower case, with Content-Length. */
  fields: Readonly<Record<string, string>>
  /** May be a part of a larger buffer. */
  bytes: Uint8Array<ArrayBuffer>
}

/** On the Response itself. */
const wholeKey = Symbol('whole')
interface Carrier {
  [wholeKey]?: WholeAnswer | undefined
}

/** Answers with what is there already, and notes what that is. */
export const wholeAnswer = (status: number, { fields, bytes }: WholeAnswer): Response => {
  const response: Response & Carrier = answerPrepared(status, bytes, prepareRead(fields), {})
  response[wholeKey] = { fields, bytes }
  return response
}

/** Undefined for every answer that came otherwise, or was changed since. */
export const wholeOf = (response: Response): WholeAnswer | undefined => (response as Carrier)[wholeKey]

/** Whoever changes the headers of an answer says so. */
export const noLongerWhole = (response: Response): void => {
  ;(response as Carrier)[wholeKey] = undefined
}
