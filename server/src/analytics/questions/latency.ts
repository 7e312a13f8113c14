import type { LatencyRow } from '../../../../contract/analytics.ts'
import { createLatencies, latencyAt, mergeLatencies, sumOfLatencies } from '../../platform/tally/latencies.ts'
import { answerOverTime } from './answer-over-time.ts'
import type { Answered, Asked } from './asked.ts'

/** To three digits: the numbers are within 1 %. */
const rounded = (milliseconds: number): number | null =>
  Number.isNaN(milliseconds) ? null : Number(milliseconds.toPrecision(3))

/** How long answers took, from sketches that are merged over the whole interval: quantiles of quantiles would mean nothing. */
export const answerLatency = async (asked: Asked): Promise<Answered<LatencyRow>> => {
  const { rows, next } = await answerOverTime(asked, {
    columns: { facets: new Set(), devices: false, latencies: true },
    begin: createLatencies,
    add: (sum, row) => mergeLatencies(sum, row.tally().latencies),
    rowsOf: (sum) => [
      {
        group: null,
        requests: sum.count,
        mean: rounded(sumOfLatencies(sum) / sum.count),
        p50: rounded(latencyAt(sum, 0.5)),
        p90: rounded(latencyAt(sum, 0.9)),
        p99: rounded(latencyAt(sum, 0.99)),
        p999: rounded(latencyAt(sum, 0.999)),
      },
    ],
  })
  return { rows: rows.map(({ group: _, ...row }) => row), next }
}
