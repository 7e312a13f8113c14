import { codings } from './encodings.ts'
import { type Evaluating, evaluate } from './evaluate.ts'
import { buildVariants, type Form } from './form.ts'
import type { Asked } from './outcomes.ts'
import type { PreparedRelease } from './prepare.ts'

/** So many of the answers that were asked for last are made before anybody asks. */
const outcomesMost = 16

/** Builds at once what readers have asked of the release before this one, before they ask again. */
export const buildLike = async (
  release: PreparedRelease,
  before: PreparedRelease,
  evaluating: Evaluating,
): Promise<void> => {
  await buildFormLike(release.plain, before.plain)
  for (const { sample, form } of before.evaluated?.outcomes.latest(outcomesMost) ?? []) {
    const again = evaluateOr(release, sample, evaluating)
    if (again) await buildFormLike(again, form)
  }
}

/** What did not matter before may matter now, and be wrong. */
const evaluateOr = (release: PreparedRelease, sample: Asked, evaluating: Evaluating): Form | undefined => {
  try {
    return evaluate(release, sample, evaluating)
  } catch {
    return undefined
  }
}

const buildFormLike = async (form: Form, like: Form): Promise<void> => {
  const built = codings.filter((coding) => like.variants[coding] !== undefined)
  for (const coding of built) await buildVariants(form, [coding])
}
