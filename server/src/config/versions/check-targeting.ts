import type { Kysely } from 'kysely'
import type { SaveWarning } from '../../../../contract/config.ts'
import { jsonPointer } from '../../../../contract/json-pointer.ts'
import type { Attributes } from '../../../../contract/targeting.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { effectiveOf, type Layer } from '../effective.ts'
import { mergeOverrides } from '../merge-overrides.ts'
import type { AppRow } from '../store/apps.ts'
import { listAttributesAbove } from '../store/chains.ts'
import type { Content } from './choose-version.ts'
import { declaredBy, vetRules } from './vet-rules.ts'

/**
 * Checks the rules of a version of this app by the attributes that it and the templates above it declare. Answers those that
 * are to be kept with the version, and what whoever saves it should know. Throws 422 (invalid_rule).
 */
export const checkTargeting = async (
  db: Kysely<Tables>,
  app: Pick<AppRow, 'app_id' | 'attributes'>,
  { base, content }: { base: readonly Layer[]; content: Content },
): Promise<{ attributes: Attributes; warnings: SaveWarning[] }> => {
  const own = app.attributes as Attributes | null
  const above = content.overrides || content.flags ? await listAttributesAbove(db, app.app_id) : []
  const { attributes, warnings } = vetRules(content, declaredBy([own, ...above]))
  return {
    attributes,
    warnings: [
      ...warnings,
      ...replacedOverrides(base, content),
      ...otherTypes(base, attributes),
      ...hiddenKeys([...base, layerOf(app.app_id, content)]),
    ],
  }
}

const layerOf = (appId: string, content: Content): Layer => ({
  appId,
  version: '',
  document: { configVersion: '', ...content },
})

const replacedOverrides = (base: readonly Layer[], { overrides = [] }: Content): SaveWarning[] => {
  const above = mergeOverrides(base.map(({ document }) => document.overrides))
  const owners = new Map(above.map(({ override, layer }) => [override.name, base[layer]?.appId]))
  return overrides.flatMap(({ name }, at): SaveWarning[] => {
    const owner = owners.get(name)
    if (owner === undefined) return []
    const detail = `takes the place of the override ${name} of ${owner}; give it another name if both shall count`
    return [{ pointer: `/overrides/${at}/name`, code: 'replaces_override', detail }]
  })
}

/** One attribute has one type for all rules of a config. */
const otherTypes = (base: readonly Layer[], attributes: Attributes): SaveWarning[] =>
  Object.entries(attributes).flatMap(([name, { type }]) => {
    const other = base.findLast(({ document }) => document.attributes?.[name] !== undefined)
    const otherType = other?.document.attributes?.[name]?.type
    if (other === undefined || otherType === type) return []
    const detail = `${name} is a ${type} here and a ${otherType} in ${other.appId}, whose rules read it as a ${type} too where this version is live`
    return [{ pointer: '', code: 'attribute_type' as const, detail }]
  })

/** Each key of the data is a flag for OpenFeature; a flag of its name hides it there. Told of what the last layer says. */
const hiddenKeys = (layers: readonly Layer[]): SaveWarning[] => {
  const { flags = {}, data } = effectiveOf(layers)
  const own = layers.at(-1)?.document
  return Object.keys(flags).flatMap((key): SaveWarning[] => {
    const isOwn = Object.hasOwn(own?.flags ?? {}, key)
    if (!Object.hasOwn(data, key) || (!isOwn && !Object.hasOwn(own?.data ?? {}, key))) return []
    const detail = `a flag and a key of the data have the name ${key}; OpenFeature clients get the flag`
    return [{ pointer: jsonPointer([isOwn ? 'flags' : 'data', key]), code: 'hides_key', detail }]
  })
}
