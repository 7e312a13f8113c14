/** A place that is not as it must be, as a JSON pointer, and what is wrong there. */
export interface Finding {
  pointer: string
  detail: string
}

/** A schema as JSON text, and the app or template that has it. */
export interface OwnSchema {
  appId: string
  text: string
}

/** What a version says, as JSON texts. */
export interface LayerTexts {
  data: string
  /** Absent where it has none. */
  overrides?: string | undefined
}

/** A config to be checked; layers and schemas are places in the lists of its batch. */
export interface ConfigToCheck {
  appId: string
  /** To be merged, the root template's first. */
  layers: readonly number[]
  schemas: readonly number[]
  /** Whether others complete it: keys that are missing are no fault then. */
  partial: boolean
}

/** What many configs share is in it once. */
export interface Batch {
  layers: readonly LayerTexts[]
  schemas: readonly OwnSchema[]
  configs: readonly ConfigToCheck[]
}

/** Where a config breaks its schemas; empty for one that fits. `more`: how many findings were left out. */
export interface Verdict {
  findings: readonly Finding[]
  more: number
}

/** Checks by JSON Schema, in a thread of its own that is ended where a check does not end. */
export interface SchemaChecks {
  /** Why this schema (as JSON text) cannot be used; empty for one that can. Throws `CheckGivenUp`. */
  vet(text: string): Promise<readonly Finding[]>
  /** A verdict for each config of the batch. Throws `CheckGivenUp`, also when all of it takes longer than `withinMs`. */
  check(batch: Batch, withinMs: number): Promise<readonly Verdict[]>
  close(): Promise<void>
}

/** A check that did not end within its bounds of time or memory. */
export class CheckGivenUp extends Error {
  override name = 'CheckGivenUp'
  /** Which config of the batch it was. */
  readonly index: number

  constructor(why: string, index: number) {
    super(why)
    this.index = index
  }
}

/** Vetting a schema, or checking one config with one of its overrides, takes at most. */
export const longestCheckMs = 2_000
/** All checks of one change: shorter than the gateway waits, and than the database lets a transaction rest. */
export const longestChangeMs = 8_000
