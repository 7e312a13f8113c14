import { z } from '@hono/zod-openapi'
import { changeAppInput, createAppInput } from './app.ts'
import { saveVersionInput } from './config.ts'
import { appId, channel, version } from './fields.ts'
import { publishReleaseInput } from './release.ts'
import { setSchemaInput } from './schema.ts'
import { attributes } from './targeting.ts'

/** An app as it shall be. What is absent stays as it is, or gets the default of a new app. */
export const appLine = z.strictObject({
  type: z.literal('app'),
  appId,
  name: createAppInput.shape.name,
  kind: createAppInput.shape.kind.unwrap().optional(),
  extends: changeAppInput.shape.extends,
  access: changeAppInput.shape.access,
  labels: changeAppInput.shape.labels,
  requiresApproval: changeAppInput.shape.requiresApproval,
  attributes: changeAppInput.shape.attributes,
  pollSeconds: changeAppInput.shape.pollSeconds,
  allowedOrigins: changeAppInput.shape.allowedOrigins,
  archived: z.boolean().optional(),
  schema: setSchemaInput.shape.schema.nullable().optional(),
})

/** A version that the app shall have. */
export const versionLine = z.strictObject({
  type: z.literal('version'),
  appId,
  configVersion: version,
  minimumAppVersion: saveVersionInput.shape.minimumAppVersion,
  recommendedAppVersion: saveVersionInput.shape.recommendedAppVersion,
  deprecationDate: saveVersionInput.shape.deprecationDate,
  data: saveVersionInput.shape.data,
  overrides: saveVersionInput.shape.overrides,
  flags: saveVersionInput.shape.flags,
  /** What its rules ask for, as it was declared when the version was saved; absent: as it is declared now. */
  attributes: attributes.optional(),
  note: saveVersionInput.shape.note,
})

/** What shall be live on a channel of the app. */
export const releaseLine = z.strictObject({
  type: z.literal('release'),
  appId,
  channel: channel.default('stable'),
  configVersion: version,
  /** The template that it stands on, or null for none; absent: what the app extends. */
  standsOn: appId.nullable().optional(),
  reason: publishReleaseInput.shape.reason,
})

/** One line of an export, and of an import; docs/fleet-files.md tells their form. */
export const fleetLines = { app: appLine, version: versionLine, release: releaseLine } as const

export type LineType = keyof typeof fleetLines
export type AppLine = z.infer<typeof appLine>
export type VersionLine = z.infer<typeof versionLine>
export type ReleaseLine = z.infer<typeof releaseLine>
export type FleetLine = AppLine | VersionLine | ReleaseLine
