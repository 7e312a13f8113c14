import type { FleetReleaseInput } from '../../../contract/fleet.ts'
import { readLabels } from '../apps/labels.ts'
import { defineAskingCommand } from '../asking-command.ts'
import { UsageProblem } from '../command.ts'
import { releaseInput, releaseOptions } from '../config/release-input.ts'
import { readObject } from '../files/read-document.ts'
import { onceKey, onceOptions } from '../once.ts'
import { yesOptions } from '../output/confirm.ts'
import { carryOut, fleetOptions } from './carry-out.ts'

interface Selection {
  app: string[]
  label: string[]
  extends: string | undefined
}

const readSelect = (given: Selection): FleetReleaseInput['select'] => {
  const select = {
    ...(given.app.length > 0 && { appIds: given.app }),
    ...(given.label.length > 0 && { labels: readLabels(given.label) }),
    ...(given.extends !== undefined && { extends: given.extends }),
  }
  if (Object.keys(select).length === 0) throw new UsageProblem('Choose apps by --app, --label or --extends.')
  return select
}

export const command = defineAskingCommand({
  summary: 'Release over many apps at once: all or none.',
  details: `Apps that fit all that is given. Shows what would happen and asks first. What is released is one of --version,
--promote-from and --patch.`,
  timeoutSeconds: 300,
  options: {
    app: { type: 'string', value: 'appId', multiple: true, doc: 'this app; may be repeated' },
    label: {
      type: 'string',
      value: 'name=value',
      multiple: true,
      doc: 'apps with this label; may be repeated',
    },
    extends: { type: 'string', value: 'template', doc: 'apps that extend it, at any depth' },
    version: { type: 'string', value: 'version', doc: 'the version of this name in each app' },
    'promote-from': { type: 'string', value: 'channel', doc: 'what is live on this channel of each app' },
    patch: {
      type: 'string',
      value: 'file',
      doc: 'a merge patch on what is live in each app, saved as a new version of it; - for stdin',
    },
    ...releaseOptions,
    ...fleetOptions,
    ...yesOptions,
    ...onceOptions,
  },
  examples: [
    'parasol fleet release --label team=commerce --patch new-api.json --reason "New API" --dry-run --diffs',
    'parasol fleet release --extends storefront --promote-from beta --rollout Linear20PercentEvery6Minutes',
  ],
  run: async (given, { client, print }) => {
    const select = readSelect(given)
    const what = [given.version, given['promote-from'], given.patch].filter((part) => part !== undefined)
    if (what.length !== 1) throw new UsageProblem('Give one of --version, --promote-from and --patch.')
    const release = {
      configVersion: given.version,
      promoteFrom: given['promote-from'],
      ...(given.patch !== undefined && { patch: await readObject(given.patch, '--patch') }),
      ...releaseInput(given),
    }
    const idempotencyKey = onceKey(given)
    return carryOut(print, given, (dryRun) =>
      client.ask('POST /manage/v1/fleet/releases', {
        body: { select, release, dryRun },
        idempotencyKey: dryRun ? undefined : idempotencyKey,
      }),
    )
  },
})
