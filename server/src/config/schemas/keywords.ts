/** The keywords of JSON Schema 2020-12, by vocabulary. Ajv takes more by itself: `$async`, `nullable`, `formatMinimum`. */
export const keywords: ReadonlySet<string> = new Set(
  [
    '$schema $id $anchor $ref $dynamicRef $dynamicAnchor $defs $comment $vocabulary',
    'prefixItems items contains additionalProperties properties patternProperties dependentSchemas propertyNames',
    'if then else allOf anyOf oneOf not',
    'unevaluatedItems unevaluatedProperties',
    'type enum const multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern',
    'maxItems minItems uniqueItems maxContains minContains maxProperties minProperties required dependentRequired',
    'title description default deprecated readOnly writeOnly examples',
    'format contentEncoding contentMediaType contentSchema',
    // Of earlier drafts: its meta-schema keeps these two as they were, and the $recursive ones with another meaning.
    'definitions dependencies',
  ].flatMap((names) => names.split(' ')),
)
