import fc from 'fast-check'

type Rules = { count: unknown; text: unknown; truth: unknown }

const counts = ['bucket', 'seats'].flatMap((name) => [{ var: name }, { var: [name, 0] }])
const texts = ['plan', 'country', 'appVersion', 'engine', 'platform'].flatMap((name) => [
  { var: name },
  { var: [name, ''] },
])
const numbers = fc.constantFrom<unknown>(0, 1, 2.5, -3, 1e6, 9_007_199_254_740_991, true, null)

/** Rules whose operations get what they take, more or less: flagd evaluates most, and the last few are what must be found. */
export const typedRule: fc.Arbitrary<unknown> = fc.letrec<Rules>((tie) => {
  const call = (names: readonly string[], ...operands: fc.Arbitrary<unknown>[]) =>
    fc.tuple(fc.constantFrom(...names), fc.tuple(...operands)).map(([name, all]) => ({ [name]: all }))
  return {
    count: fc.oneof(
      { depthSize: 'medium', withCrossShrink: true },
      numbers,
      fc.constantFrom(...counts),
      call(['+', '-', '*'], tie('count'), tie('count')),
      call(['+', '-', 'max', 'min'], tie('count')),
      call(['max', 'min'], tie('count'), tie('count')),
      call(['/', '%'], tie('count'), fc.constantFrom(1, 100, -7, 0.001)),
      call(['if'], tie('truth'), tie('count'), tie('count')),
      call(['if'], tie('truth'), tie('count')),
    ),
    text: fc.oneof(
      { depthSize: 'medium', withCrossShrink: true },
      fc.constantFrom<unknown>('', '5', 'free', 'DE', '2.3.0', ...texts),
      call(['cat'], tie('text')),
      call(['cat'], tie('text'), tie('count')),
      call(['substr'], tie('text'), tie('count')),
      call(['substr'], tie('text'), tie('count'), tie('count')),
      call(['if'], tie('truth'), tie('text'), tie('text')),
      call(['or', 'and'], tie('text'), tie('text')),
      fc
        .tuple(tie('text'), tie('text'), tie('count'))
        .map(([key, variant, weight]) => ({ fractional: [key, [variant, weight], ['DE']] })),
    ),
    truth: fc.oneof(
      { depthSize: 'medium', withCrossShrink: true },
      fc.constantFrom<unknown>(
        { var: 'beta' },
        { missing: ['plan'] },
        { missing_some: [1, ['plan', 'seats']] },
      ),
      call(['==', '!=', '<', '<=', '>', '>=', '===', '!=='], tie('count'), tie('count')),
      call(['==', '!=', '<', '>=', '===', '!==', 'in', 'starts_with', 'ends_with'], tie('text'), tie('text')),
      call(['<', '<='], tie('count'), tie('count'), tie('count')),
      call(['in'], tie('text'), fc.array(tie('text'), { maxLength: 3 })),
      call(['sem_ver'], tie('text'), fc.constantFrom('<', '=', '^', '~', '>='), tie('text')),
      call(['and', 'or'], tie('truth'), tie('truth')),
      call(['!', '!!'], tie('truth')),
      call(['!'], tie('count')),
      call(['if'], tie('truth'), tie('truth'), tie('truth')),
    ),
  }
}).truth
