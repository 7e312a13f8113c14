import { refusalOf } from './admit.ts'
import type { AnswerOptions, Reading } from './answer-held.ts'
import { answerForm, answerHeld, cacheStatus, formFor } from './answer-held.ts'
import type { CatchUp } from './catch-up.ts'
import type { ReadPast } from './read-past.ts'
import type { ReadReleases } from './read-release.ts'

export interface RevisionOptions extends AnswerOptions {
  releases: ReadReleases
  catchUp: CatchUp
  readPast: ReadPast
}

/**
 * A read that names a revision never answers what is older (DESIGN §5): this node catches up first. One that was live and no
 * longer is, is answered just as it was, to who may read the app now. What a rollout gives to other devices is not given for the
 * asking. Throws 400, 404, 503.
 */
export const deliverRevision = async (
  options: RevisionOptions,
  request: Request,
  appId: string,
  reading: Reading & { revision: number },
): Promise<Response> => {
  const { revision } = reading
  const found = await options.catchUp(appId, reading.channel, revision)
  if (found.held.state === 'archived') return answerHeld(options, request, found, reading)
  const { release } = found.held
  if (refusalOf(release, reading)) return answerHeld(options, request, found, reading)
  // Its channel has no release yet, and may get one: what is stable is nothing to keep for it.
  if (release.channel !== reading.channel)
    return answerHeld(options, request, found, withoutRevision(reading))
  const form = formFor(options, request, release, reading)
  const isPast =
    revision < form.revision && revision !== release.live.revision && revision !== release.candidate?.revision
  const past = isPast ? await options.readPast(release, revision) : null
  if (!past) return answerHeld(options, request, found, reading)
  const chosen = {
    key: found.key,
    release: past,
    form: formFor(options, request, past, reading),
    status: cacheStatus(options.freshness, found.held, 'memory'),
  }
  return answerForm(options, request, chosen, reading)
}

const withoutRevision = ({ revision: _, ...reading }: Reading): Reading => reading
