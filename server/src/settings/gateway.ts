import type { Setting } from './setting-types.ts'

/** The gateway. */
export const gatewaySettings = {
  routesFile: {
    name: 'PARASOL_ROUTES_FILE',
    type: 'string',
    doc: 'File of routes to other backends (docs/gateway.md), YAML or JSON; taken over within a second when it changes. Empty: our own addresses alone.',
  },
} as const satisfies Record<string, Setting>
