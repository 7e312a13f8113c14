import { randomUUID } from 'node:crypto'
import type { Closers } from './platform/closers.ts'
import type { Log, OpenedLog } from './platform/log/open-log.ts'
import { observeProcess } from './platform/telemetry/observe-process.ts'
import { readOtel } from './platform/telemetry/read-otel.ts'
import { createTelemetry, type Telemetry } from './platform/telemetry/telemetry.ts'
import type { Settings } from './settings.ts'
import { version } from './version.ts'

interface Opening {
  settings: Settings
  log: Log
  tap: OpenedLog['tap']
  closers: Closers
}

/**
 * What this process counts of itself: shown at /metrics in any case, and sent with traces and logs where OTEL_* settings ask for it. What
 * sends is loaded only then.
 */
export const startTelemetry = async ({ settings, log, tap, closers }: Opening): Promise<Telemetry> => {
  const otel = readOtel(settings.otel)
  for (const warning of otel.warnings) log.warn(warning)
  const [service, ...others] = settings.services
  const resource = {
    'service.name': others.length === 0 ? `parasol-${service}` : 'parasol',
    'service.version': version,
    'service.instance.id': randomUUID(),
    ...otel.resource,
  }
  const isSent = otel.traces !== undefined || otel.metrics !== undefined || otel.logs !== undefined
  const otlp = isSent
    ? await (await import('./platform/telemetry/open-otlp.ts')).openOtlp({
        settings: otel,
        ...{ resource, version, log },
      })
    : undefined
  if (otlp) closers.add('telemetry', otlp.close)
  if (otlp?.takeLine) tap(otlp.takeLine)
  const telemetry = createTelemetry({
    ...{ resource, tracing: otlp?.tracing, isExponential: otel.isExponential },
    onError: (metric, err) => log.debug({ metric, err }, 'a metric cannot be read now'),
  })
  observeProcess(telemetry.meters)
  otlp?.sendMetrics(telemetry.meters)
  if (settings.workers === 1) return telemetry
  const { collectFromAll } = await import('./platform/workers/collect-from-all.ts')
  return { ...telemetry, collect: collectFromAll(telemetry.collect) }
}
