import type { GuardInput } from '../../../contract/guard.ts'
import { JsonProblem, parseJson } from '../../../contract/json.ts'
import type { PublishReleaseInput } from '../../../contract/release.ts'
import { UsageProblem } from '../command.ts'

type Rollout = PublishReleaseInput['rollout']

/** What every command takes that releases, now or later. */
export const releaseOptions = {
  channel: { type: 'string', value: 'channel', doc: 'where it goes live; else stable' },
  reason: { type: 'string', value: 'text', doc: 'why, for the history' },
  rollout: {
    type: 'string',
    value: 'plan',
    doc: 'in stages: AllAtOnce, Canary10Percent20Minutes, Linear20PercentEvery6Minutes, or a plan as JSON',
  },
  guard: {
    type: 'string',
    value: 'event',
    multiple: true,
    doc: 'take the rollout back when devices it has reached have more of it than others: `errors`, or the name of an event; may be repeated',
  },
  override: {
    type: 'boolean',
    doc: 'as an administrator, in spite of a freeze or a missing approval; needs a reason',
  },
} as const

interface Given {
  channel: string | undefined
  reason: string | undefined
  rollout: string | undefined
  guard: readonly string[]
  override: boolean
}

/** The part of a release that these options say. */
export const releaseInput = ({ channel, reason, rollout, guard, override }: Given) => ({
  channel,
  reason,
  rollout: withGuards(readRollout(rollout), guard),
  override: override || undefined,
})

/** A preset by its name, or a plan written as a JSON object; whether there is such a one, the server says. */
export const readRollout = (text: string | undefined): Rollout => {
  if (!text?.trimStart().startsWith('{')) return text as Rollout
  try {
    return parseJson(text, { maxDepth: 10 }).value as Rollout
  } catch (error) {
    if (error instanceof JsonProblem) throw new UsageProblem(`--rollout: ${error.message}`)
    throw error
  }
}

/** The plan with a guard for each of these events, as --guard names them; what else a guard may be told is a plan's to say. */
const withGuards = (rollout: Rollout, events: readonly string[]): Rollout => {
  if (events.length === 0) return rollout
  if (rollout === undefined) throw new UsageProblem('--guard needs --rollout: it decides of its steps.')
  const guards = events.map((harm) => ({ kind: 'events', harm }) as GuardInput)
  return typeof rollout === 'string' ? { preset: rollout, guards } : { ...rollout, guards }
}

/** What may be released instead of a version, for commands that take any release. */
export const anyReleaseOptions = {
  'rollback-to': {
    type: 'integer',
    value: 'revision',
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    doc: 'instead of a version: what this earlier release had live',
  },
  'promote-from': {
    type: 'string',
    value: 'channel',
    doc: 'instead of a version: what is live on this channel',
  },
  ...releaseOptions,
} as const

/** Any release, as a version and these options say it. */
export const anyRelease = (
  given: Given & {
    version: string | undefined
    'rollback-to': number | undefined
    'promote-from': string | undefined
  },
): PublishReleaseInput => {
  const which = {
    configVersion: given.version,
    rollbackTo: given['rollback-to'],
    promoteFrom: given['promote-from'],
  }
  if (Object.values(which).filter((part) => part !== undefined).length !== 1) {
    throw new UsageProblem('Give one of <version>, --rollback-to and --promote-from.')
  }
  return { ...which, ...releaseInput(given) }
}

/** What a release brings, in a few words. */
export const releaseText = (release: PublishReleaseInput): string => {
  const { configVersion, rollbackTo, promoteFrom, channel, rollout } = release
  const what = configVersion ?? (rollbackTo ? `back to ${rollbackTo}` : `from ${promoteFrom}`)
  const where = channel ? ` on ${channel}` : ''
  return `${what}${where}${rollout ? ` by ${planText(rollout)}` : ''}`
}

const planText = (rollout: NonNullable<Rollout>): string => {
  if (typeof rollout === 'string') return rollout
  return `${'preset' in rollout ? rollout.preset : 'a plan'}${rollout.guards ? ', guarded' : ''}`
}
