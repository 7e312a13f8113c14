import { z } from '@hono/zod-openapi'
import { choosingLabels } from './app.ts'
import { configDiff, data } from './config.ts'
import { appId, channel, pageOf, revision, timestamp, version } from './fields.ts'
import { override, reason } from './release.ts'
import { rolloutPlanInput } from './rollout.ts'

/** Which apps: those that fit all that is given. Archived apps and templates are never among them. */
export const select = z
  .strictObject({
    appIds: z.array(appId).min(1).max(10_000).optional(),
    labels: choosingLabels.optional(),
    extends: appId.optional().openapi({ description: 'Apps that extend this template, at any depth' }),
  })
  .refine((input) => Object.keys(input).length > 0, 'choose apps by appIds, labels or extends')
  .openapi('SelectApps', { example: { labels: { team: 'commerce' } } })

export const fleetReleaseInput = z
  .strictObject({
    select,
    release: z
      .strictObject({
        configVersion: version.optional().openapi({ description: 'The version of this name in each app' }),
        promoteFrom: channel.optional().openapi({ description: 'What is live on this channel of each app' }),
        patch: data.optional().openapi({
          description:
            'A merge patch (RFC 7396) on the own data of what is live in each app, saved as a new version of it',
          example: { endpoints: { api: 'https://api2.example.com' } },
        }),
        channel: channel.default('stable'),
        reason: reason.optional(),
        rollout: rolloutPlanInput.optional(),
        override: override.optional(),
      })
      .refine(
        (input) =>
          [input.configVersion, input.promoteFrom, input.patch].filter((part) => part !== undefined)
            .length === 1,
        { message: 'give one of configVersion, promoteFrom and patch', path: ['configVersion'] },
      )
      .refine((input) => !input.override || input.reason !== undefined, {
        message: 'an override needs a reason',
        path: ['reason'],
      }),
    dryRun: z.boolean().default(false).openapi({ description: 'Tell what would happen, and do nothing' }),
  })
  .openapi('ReleaseFleet', {
    example: {
      select: { labels: { team: 'commerce' } },
      release: { patch: { theme: { primary: '#0a84ff' } }, reason: 'The new brand' },
      dryRun: true,
    },
  })

export const fleetRollbackInput = z
  .strictObject({
    reason: reason.optional(),
    override: override.optional(),
    dryRun: z.boolean().default(false),
  })
  .openapi('RollBackFleetRelease', { example: { reason: 'Too early', dryRun: true } })

/** What became, or would become, of one app. */
export const fleetResult = z
  .object({
    appId,
    channel,
    result: z.enum(['released', 'unchanged', 'refused']),
    configVersion: version.nullable(),
    previousVersion: version.nullable().openapi({ example: '1.3.0' }),
    revision: revision
      .nullable()
      .openapi({ description: 'null in a dry run and where nothing was released' }),
    problem: z.object({ code: z.string(), detail: z.string() }).nullable().openapi({ example: null }),
    diff: configDiff
      .pick({ bump: true, text: true, jsonPatch: true })
      .partial({ text: true, jsonPatch: true })
      .optional()
      .openapi({
        description:
          'In a dry run: what the clients of the app would see change. After 8 MiB of all apps together the bump alone.',
      }),
  })
  .openapi('FleetResult')

export const fleetRelease = z
  .object({
    fleetReleaseId: z.number().int().nullable().openapi({ description: 'null in a dry run' }),
    rolloutId: z.number().int().nullable().openapi({ example: null }),
    rollsBack: z.number().int().nullable().openapi({
      description: 'The fleet release this one takes back',
      example: null,
    }),
    apps: z.number().int().openapi({ description: 'Apps that got a release with it' }),
    actor: z.string().openapi({ example: 'admin' }),
    reason: z.string().nullable().openapi({ example: 'The new brand' }),
    createdAt: timestamp.nullable(),
  })
  .openapi('FleetRelease')

export const fleetReleaseMade = fleetRelease
  .extend({ results: z.array(fleetResult) })
  .openapi('FleetReleaseMade')
export const fleetReleasePage = pageOf(fleetRelease).openapi('FleetReleasePage')

/** What became, or would become, of one line of an import. */
export const importedLine = z.object({
  line: z.number().int(),
  type: z
    .enum(['app', 'version', 'release'])
    .nullable()
    .openapi({ description: 'null where the line does not say' }),
  id: z.string().nullable().openapi({ example: 'shop 1.4.0' }),
  result: z.enum(['create', 'change', 'unchanged', 'refused']),
  problem: z
    .object({ code: z.string(), detail: z.string(), pointer: z.string().optional() })
    .optional()
    .openapi({ description: 'Why the line was refused, and how to fix it' }),
})

export const importSummary = z
  .object({
    dryRun: z.boolean(),
    lines: z.number().int(),
    created: z.number().int(),
    changed: z.number().int(),
    unchanged: z.number().int(),
    refused: z.number().int(),
    items: z.array(importedLine).openapi({ description: 'All that is not unchanged, 10,000 at most' }),
    stopped: z.object({ line: z.number().int(), code: z.string(), detail: z.string() }).nullable().openapi({
      example: null,
      description: 'Where the import ended early: from this line on nothing was done. Send the rest again.',
    }),
  })
  .openapi('ImportSummary', {
    example: {
      ...{ dryRun: false, lines: 4, created: 1, changed: 1, unchanged: 1, refused: 1 },
      items: [
        { line: 2, type: 'app', id: 'shop', result: 'change' },
        { line: 3, type: 'version', id: 'shop 1.4.0', result: 'create' },
        {
          ...{ line: 4, type: 'release', id: 'shop stable 1.5.0', result: 'refused' },
          problem: {
            code: 'version_not_found',
            detail: 'The app shop has no version 1.5.0 yet. Put its line before this one.',
          },
        },
      ],
      stopped: null,
    },
  })

export type Select = z.infer<typeof select>
export type FleetReleaseInput = z.infer<typeof fleetReleaseInput>
export type FleetRollbackInput = z.infer<typeof fleetRollbackInput>
export type FleetResult = z.infer<typeof fleetResult>
export type FleetRelease = z.infer<typeof fleetRelease>
export type FleetReleaseMade = z.infer<typeof fleetReleaseMade>
export type ImportedLine = z.infer<typeof importedLine>
export type ImportSummary = z.infer<typeof importSummary>
