import type { ProblemCode, ProblemError } from '../../../../contract/problems.ts'
import type { Scope } from '../change.ts'
import { listAppsInScope } from '../store/schemas.ts'
import type { Break } from './find-breaks.ts'

const mostBreaks = 20
const mostFindings = 5

/** Those of the breaks, in their order, that are of apps the actor's token is for. */
export const visibleOf = async (
  { db, actor }: Pick<Scope, 'db' | 'actor'>,
  breaks: readonly Break[],
): Promise<Break[]> => {
  const visible = await listAppsInScope(db, [...new Set(breaks.map(({ appId }) => appId))], actor.scope)
  return breaks.filter(({ appId }) => visible.has(appId))
}

/** Breaks in words, for a refusal: the first in a sentence, and more of them as errors. */
export const tellBreaks = async (
  scope: Pick<Scope, 'db' | 'actor'>,
  breaks: readonly Break[],
  code: ProblemCode,
): Promise<{ first: string; errors: ProblemError[] }> => {
  const visible = await visibleOf(scope, breaks)
  const errors = visible.slice(0, mostBreaks).flatMap(({ appId, channel, configVersion, findings }) =>
    findings.slice(0, mostFindings).map(({ pointer, detail }) => ({
      code,
      pointer,
      detail: `${appId} (${channel}, ${configVersion}): ${detail}`,
    })),
  )
  const first = visible[0]
  const finding = first?.findings[0]
  if (!first || !finding) return { first: 'None of them is of an app that this token is for.', errors }
  return {
    first: `${first.appId} (${first.channel}, ${first.configVersion}) ${finding.pointer} ${finding.detail}.`,
    errors,
  }
}
