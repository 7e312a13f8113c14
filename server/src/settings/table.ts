import { accessSettings } from './access.ts'
import { alertSettings } from './alerts.ts'
import { analyticsSettings } from './analytics.ts'
import { cdnSettings } from './cdn.ts'
import { configSettings } from './config.ts'
import { gatewaySettings } from './gateway.ts'
import { listeningSettings } from './listening.ts'
import { processSettings } from './process.ts'
import { storeSettings } from './stores.ts'

/** Every setting; the key is the field of `Settings`. docs/settings.md is made from this table (`node scripts/write-settings-doc.ts`). */
export const settingsTable = {
  ...listeningSettings,
  ...processSettings,
  ...storeSettings,
  ...configSettings,
  ...analyticsSettings,
  ...alertSettings,
  ...gatewaySettings,
  ...accessSettings,
  ...cdnSettings,
} as const
