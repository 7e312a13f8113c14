import { normalizePlatform } from '../../../../contract/normalize-platform.ts'
import { isFull } from './check-sem-ver.ts'
import { canonicalTag } from './read-languages.ts'
import { askedBy, type Call } from './rule-call.ts'
import { isOnly, type Shape } from './rule-shapes.ts'

/** Refuses comparisons of attributes that cannot mean what they say. What they say to flagd is checked already. */
export const checkCompared = (call: Call, shapes: readonly Shape[]): void => {
  for (const [place, operand] of call.operands.entries()) {
    const name = askedBy(operand)
    if (name === undefined) continue
    if (call.operands.some((other, at) => at !== place && other !== null) && isVersion(call, name)) {
      const example = `{"sem_ver": [{"var": "${name}"}, "<", "2.4.0"]}`
      call.refuse(`${name} is a version, which ${call.operation} compares as a text: take ${example}.`)
      return
    }
    for (const [at, other] of call.operands.entries()) {
      if (at !== place) checkLiteral(call, name, shapes[place] as Shape, other, call.pointerAt(at))
    }
  }
}

/** Refuses the start of a language that is none: languages are looked up by their tags. */
export const checkStart = (call: Call, text: Shape): void => {
  const [operand, start] = call.operands
  if (askedBy(operand) === 'language') checkLiteral(call, 'language', text, start, call.pointerAt(1))
}

/** Refuses a list in which what is looked for can never be. */
export const checkContained = (call: Call, item: Shape): void => {
  const [operand, list] = call.operands
  const name = askedBy(operand)
  if (name === undefined || !Array.isArray(list)) return
  for (const [place, value] of list.entries()) {
    checkLiteral(call, name, item, value, `${call.pointerAt(1)}/${place}`)
  }
}

const isVersion = ({ scope }: Call, name: string): boolean => scope.asked.get(name) === 'version'

const checkLiteral = (call: Call, name: string, shape: Shape, literal: unknown, pointer: string): void => {
  if (typeof literal === 'object' && literal !== null) return
  const isExact = !['==', '!=', '<', '<=', '>', '>='].includes(call.operation)
  const detail =
    literal === null ? explainNull(call, name, shape) : explainKind(name, shape, literal, isExact)
  const better = detail ?? (typeof literal === 'string' ? explainSpelling(call, name, literal) : undefined)
  if (better !== undefined) call.scope.refuse(pointer, better)
}

/** To flagd 0 and false are the same as null, unless it compares strictly. */
const explainNull = ({ operation }: Call, name: string, shape: Shape): string | undefined => {
  if ((operation !== '==' && operation !== '!=') || isOnly(shape, 'string', 'null')) return undefined
  return `To ${operation} 0 and false are null too: whether ${name} is absent is asked by {"${operation}=": [{"var": "${name}"}, null]}.`
}

const explainKind = (name: string, shape: Shape, literal: unknown, isExact: boolean): string | undefined => {
  const kind = typeof literal as 'string' | 'number' | 'boolean'
  return isExact && !shape.kinds.has(kind) && shape.kinds.size > 0
    ? `${name} is never ${JSON.stringify(literal)}: it is a ${[...shape.kinds].filter((one) => one !== 'null').join(' or ')}.`
    : undefined
}

const explainSpelling = (call: Call, name: string, literal: string): string | undefined => {
  if (isVersion(call, name) && !isFull(literal))
    return `${JSON.stringify(literal)} is no full version, as 1.2.0 is.`
  const spelled = spellings.get(name)?.(literal)
  if (!spellings.has(name) || spelled === literal) return undefined
  return spelled === undefined
    ? `${name} is never ${JSON.stringify(literal)}.`
    : `${name} is never ${JSON.stringify(literal)}: write ${JSON.stringify(spelled)}.`
}

const spellCountry = (text: string): string | undefined =>
  /^[a-z]{2}$/i.test(text) ? text.toUpperCase().replace('UK', 'GB') : undefined

/** As contexts have them. */
const spellings: ReadonlyMap<string, (text: string) => string | undefined> = new Map([
  ['platform', normalizePlatform],
  ['country', spellCountry],
  ['language', canonicalTag],
])
