import { Problem } from '../../../../contract/problems.ts'
import { bytesOf, createForm, type Form } from '../delivery/form.ts'
import { type DeliveryRules, formRevision, type PreparedRelease } from '../delivery/prepare.ts'
import { answersOf, configOf } from './answers-of-release.ts'
import { flagdDefinition } from './flagd-definition.ts'

/** The flagd definition of a release, made for the first who asks. Throws 409 where it would be too large. */
export const definitionForm = (release: PreparedRelease, rules: DeliveryRules): Form => {
  const answers = answersOf(release)
  answers.definition ??= makeOrRefuse(release, rules)
  if (answers.definition instanceof Problem) throw answers.definition
  return answers.definition
}

/** Finding out that it is too large takes as long as making it, so that is remembered too. */
const makeOrRefuse = (release: PreparedRelease, rules: DeliveryRules): Form | Problem => {
  try {
    return make(release, rules)
  } catch (error) {
    if (error instanceof Problem) return error
    throw error
  }
}

const make = (release: PreparedRelease, rules: DeliveryRules): Form => {
  const { appId, channel, live, candidate, weight } = release
  const { revision, releasedAt, said } = live
  const staged = candidate && {
    ...{ revision: candidate.revision, rolloutId: candidate.rolloutId, percent: candidate.percent },
    config: configOf(release, candidate),
  }
  const metadata = {
    ...{ appId, channel, revision, configVersion: said.configVersion },
    ...(candidate && { candidateRevision: candidate.revision, candidatePercent: candidate.percent }),
  }
  const definition = flagdDefinition(
    { config: configOf(release, live), ...(staged && { candidate: staged }) },
    metadata,
  )
  const step = candidate ? `.${candidate.revision}.${Math.round(candidate.percent * 100)}` : ''
  const given = {
    ...{ appId, revision, releasedAt, deprecationDate: said.deprecationDate },
    ...{ deprecation: rules.deprecatedApis?.v2, tag: `${revision}.${formRevision}.flagd${step}` },
    ...{ vary: 'Accept-Encoding', further: { 'no-vary-search': 'params, except=("revision")' } },
    ...{ sequence: release.sequence, channel: release.channel, origins: release.origins },
  }
  return createForm(given, bytesOf(JSON.stringify(definition)), rules, weight.grow)
}
