import { diffEvaluated } from '../../../../contract/diff-evaluated.ts'
import type { Previewed, PreviewInput } from '../../../../contract/preview.ts'
import { Problem } from '../../../../contract/problems.ts'
import type { Attributes } from '../../../../contract/targeting.ts'
import { findAppOrThrow, type Reader } from '../apps/find-app.ts'
import type { Layer } from '../effective.ts'
import type { AppRow } from '../store/apps.ts'
import { listAttributesAbove } from '../store/chains.ts'
import { contextOf } from '../targeting/context.ts'
import { unreadable } from '../targeting/unreadable.ts'
import { variesOf } from '../targeting/varies-of.ts'
import { declaredBy } from '../versions/vet-rules.ts'
import { type Evaluable, type Evaluated, evaluableOf, evaluateLayers } from './evaluate-layers.ts'
import { layersOfVersion, named, notReleased } from './load-layers.ts'
import { isIncluded, type Live, loadLive } from './load-live.ts'
import { refuseUnknownAttributes } from './refuse-unknown-attributes.ts'

interface Previewing extends Reader {
  /** How often apps ask again that say nothing of it themselves. */
  pollSeconds: number
}

/**
 * What a device with this context would get, and why: of what is live on the channel (on stable, where nothing is there), or
 * of a version as it would go live there now, and then what that changes for this device. Throws 403, 404, 409
 * (template_not_released), 410 (archived) or 422 for an attribute that is not known.
 */
export const previewConfig = async (
  { pollSeconds, ...reader }: Previewing,
  appId: string,
  { context, channel, configVersion }: PreviewInput,
): Promise<Previewed> => {
  const app = await findAppOrThrow(reader, appId)
  if (app.archived_at) {
    throw new Problem('config_gone', { detail: `${appId} is archived: its devices get 410 and no config.` })
  }
  const declared = await findDeclared(reader, app)
  const live = await loadLive(reader.db, appId, channel)
  const next =
    configVersion === undefined
      ? undefined
      : evaluableOf(await layersOfVersion(reader.db, app, channel, configVersion))
  const all = [next, live?.stable, live?.rollout?.candidate].map((one) => one?.said.attributes ?? {})
  refuseUnknownAttributes(context, [declared, ...all].flatMap(Object.keys))
  const asked = { context, declared }
  const told = { appId, channel, pollSeconds: app.poll_seconds ?? pollSeconds }
  const now = live && previewLive(live, asked)
  if (!next) {
    if (!now) throw notReleased(appId, channel)
    return { ...describe({ ...told, channel: now.channel }, now), diff: null }
  }
  const preview = previewNext(next, asked)
  return { ...describe(told, preview), diff: diffEvaluated(now?.evaluated ?? null, preview.evaluated) }
}

const findDeclared = async ({ db }: Reader, app: AppRow): Promise<Attributes> =>
  declaredBy([app.attributes as Attributes | null, ...(await listAttributesAbove(db, app.app_id))])

/** What a device tells, and how the app declares its attributes now; a release knows its own as they were. */
interface Asked {
  context: Readonly<Record<string, unknown>>
  declared: Attributes
}

interface Preview {
  evaluated: Evaluated
  layers: readonly Layer[]
  varies: readonly string[]
  /** Attributes whose values could not be read. */
  warnings: readonly string[]
  revision: number | null
  publishedAt: string | null
  rollout: Previewed['why']['rollout']
}

const previewLive = (live: Live, { context, declared }: Asked): Preview & { channel: string } => {
  const { stable, rollout, channel } = live
  const { bucket } = contextOf(context, declared).context
  const included = isIncluded(live, bucket)
  const given = included && rollout ? rollout.candidate : stable
  const read = contextOf(context, { ...declared, ...given.said.attributes })
  return {
    ...{ channel, revision: given.revision, publishedAt: given.publishedAt, layers: given.layers },
    evaluated: evaluateLayers(given, read.context),
    varies: variesOf(stable, rollout?.candidate),
    warnings: read.warnings,
    rollout: rollout && { rolloutId: rollout.rolloutId, percent: rollout.percent, included },
  }
}

const previewNext = (next: Evaluable, { context, declared }: Asked): Preview => {
  const read = contextOf(context, { ...declared, ...next.said.attributes })
  return {
    ...{ revision: null, publishedAt: null, rollout: null, layers: next.layers },
    evaluated: evaluateLayers(next, read.context),
    varies: variesOf(next, undefined),
    warnings: read.warnings,
  }
}

type Told = Pick<Previewed['config'], 'appId' | 'channel' | 'pollSeconds'>

/** In the order of fields that a device gets. Of what matters to nobody a device is told nothing either. */
const describe = ({ appId, channel, pollSeconds }: Told, preview: Preview): Omit<Previewed, 'diff'> => {
  const { evaluated, layers, revision, publishedAt, varies, rollout } = preview
  const { data, flags, update, overrides, explained, ...said } = evaluated
  const warnings = preview.warnings.filter((name) => varies.includes(name))
  return {
    config: {
      ...{ appId, channel, revision, ...said, update, publishedAt, pollSeconds },
      ...{ varies: [...varies], overrides },
      ...(warnings.length > 0 && { warnings: warnings.map(unreadable) }),
      data,
      ...(flags && { flags }),
    },
    why: { layers: named(layers), rollout, overrides: explained },
  }
}
