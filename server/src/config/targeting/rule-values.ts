import type { Context } from './context.ts'
import { lookUpLanguage } from './look-up-language.ts'

/** What rules read, by the names they use; undefined is absent. */
export type Values = Readonly<Record<string, string | number | boolean | undefined>>

/**
 * The context as rules see it: of its languages the one that fits best what they name, else the first; and as targeting key,
 * where the client has none, its bucket.
 */
export const ruleValues = (context: Context, languages: ReadonlyMap<string, string>): Values => {
  const { platform, appVersion, osVersion, country, bucket, custom } = context
  const language = context.language && (lookUpLanguage(context.language, languages) ?? context.language[0])
  const targetingKey = context.targetingKey ?? (bucket === undefined ? undefined : String(bucket))
  return { ...custom, platform, appVersion, osVersion, country, language, bucket, targetingKey }
}
