import { observeProcess } from './platform/telemetry/observe-process.ts'
import { createTelemetry, type Telemetry } from './platform/telemetry/telemetry.ts'
import type { Settings } from './settings.ts'

/** What this process counts of itself. */
export const openTelemetry = (_: Settings): Telemetry => {
  const telemetry = createTelemetry()
  observeProcess(telemetry.meters)
  return telemetry
}
