import { type Evaluating, evaluate } from './evaluate.ts'
import type { Form } from './form.ts'
import type { DeliveryRules, PreparedRelease } from './prepare.ts'

/** How answers are made in tests that are about something else. */
export const rules: DeliveryRules = {
  ...{ maxAgeSeconds: 300, staleWhileRevalidateSeconds: 60, staleIfErrorSeconds: 86_400 },
  pollSeconds: 300,
  outcomes: { formBytes: 1_000_000, queryBytes: 100_000 },
  onBrokenRule: (_, error) => {
    throw error
  },
}

/** What a device gets that asks this, without a country told by a CDN. */
export const ask = (
  release: PreparedRelease,
  query: string,
  evaluating: Evaluating = { rules, pollFactor: 1 },
): Form => evaluate(release, { query, country: null }, evaluating)
