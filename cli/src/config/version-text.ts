import { fieldLines } from '../output/table.ts'
import { manyLines } from '../output/terminal-text.ts'

interface Shown {
  appId?: string
  channel?: string
  revision?: number | null
  configVersion: string
  minimumAppVersion?: string | null | undefined
  recommendedAppVersion?: string | null | undefined
  deprecationDate?: string | null | undefined
  note?: string | null
  createdBy?: string
  createdAt?: string
  publishedAt?: string | null
}

interface Content {
  data: unknown
  overrides?: unknown
  flags?: unknown
}

/** What a config says beside its data, as lines of name and value. */
export const versionText = (config: Shown, more: readonly (readonly [string, string])[] = []): string =>
  fieldLines([
    ['appId', config.appId],
    ['channel', config.channel],
    ['revision', config.revision],
    ['configVersion', config.configVersion],
    ['minimumAppVersion', config.minimumAppVersion],
    ['recommendedAppVersion', config.recommendedAppVersion],
    ['deprecationDate', config.deprecationDate],
    ['note', config.note],
    ['saved', config.createdAt && `${config.createdAt} by ${config.createdBy}`],
    ['published', config.publishedAt],
    ...more,
  ])

/** The data, and below them the overrides and flags where there are any. */
export const contentText = ({ data, overrides, flags }: Content): string =>
  [
    dataText(data),
    ...(overrides ? [`overrides\n${dataText(overrides)}`] : []),
    ...(flags ? [`flags\n${dataText(flags)}`] : []),
  ].join('\n\n')

/** Data as people read it; nothing in it can steer the terminal. */
export const dataText = (data: unknown): string => manyLines(JSON.stringify(data, null, 2))
