import { Problem } from '../../../../contract/problems.ts'

/** What a definition may take, so that no document makes one that a node cannot hold, or not make in a moment. */
export interface Bounds {
  variantsOfKey: number
  bytes: number
  /** Overrides looked at while variants are found. */
  steps: number
}

export const bounds: Bounds = { variantsOfKey: 1_024, bytes: 8 * 1024 * 1024, steps: 300_000 }

/** Counts what the definition takes so far. Throws 409 where that is too much. */
export interface Budget {
  /** For the variants of one key. */
  startKey(key: string): { addVariant(value: unknown): void; step(): void }
}

export const createBudget = (most: Bounds = bounds): Budget => {
  let [bytes, steps] = [0, 0]
  return {
    startKey(key) {
      let variants = 0
      return {
        step() {
          steps += 1
          if (steps > most.steps) throw tooManyOverrides(key)
        },
        addVariant(value) {
          variants += 1
          if (variants > most.variantsOfKey) throw tooManyVariants(key, most)
          bytes += JSON.stringify(value).length
          if (bytes > most.bytes) throw tooLarge(key, most)
        },
      }
    },
  }
}

const shown = (key: string): string => JSON.stringify(key.slice(0, 100))

const refusal = (detail: string): Problem => new Problem('definition_too_large', { detail })

const tooManyVariants = (key: string, { variantsOfKey }: Bounds): Problem =>
  refusal(
    `The overrides that touch the key ${shown(key)} of data can lead to more than ${variantsOfKey} values of it, too many for a flagd definition. Let conditions exclude each other (such as one country each), or let overrides touch different keys.`,
  )

const tooManyOverrides = (key: string): Problem =>
  refusal(
    `Too many overrides touch the same keys for a flagd definition; the key ${shown(key)} was the one too many. Let overrides touch fewer keys.`,
  )

const tooLarge = (key: string, { bytes }: Bounds): Problem =>
  refusal(
    `The values that overrides can lead to take more than ${bytes} bytes, too many for a flagd definition; the key ${shown(key)} was the one too many. Let overrides touch smaller keys.`,
  )
