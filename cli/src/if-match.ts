/** For changes that must not overwrite those of others. */
export const ifMatchOptions = {
  'if-match': {
    type: 'integer',
    value: 'revision',
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    doc: 'only if this is still the current revision; else exit code 5',
  },
} as const
