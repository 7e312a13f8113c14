import { addLatency, type Latencies } from '../../platform/tally/latencies.ts'
import { noLatency } from './journal.ts'

/** Microseconds that have a count of their own: nearly all answers take less. */
const countedMost = 4096
/** Used by one after the other, and empty in between. */
const counts = new Uint32Array(countedMost)

/** Takes the durations of lines, in microseconds, and adds them to a sketch: a logarithm for each that there was, not for each line. */
export const openDurations = (latencies: Latencies): { add(micros: number): void; close(): void } => {
  let longest = -1
  return {
    add(micros) {
      if (micros < countedMost) {
        counts[micros] = (counts[micros] ?? 0) + 1
        if (micros > longest) longest = micros
      } else if (micros !== noLatency) addLatency(latencies, micros / 1_000)
    },
    close() {
      for (let micros = 0; micros <= longest; micros += 1) {
        const count = counts[micros] ?? 0
        if (count > 0) addLatency(latencies, micros / 1_000, count)
      }
      counts.fill(0, 0, longest + 1)
    },
  }
}
