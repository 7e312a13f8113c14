import type { Setting } from './setting-types.ts'

/** What the `parasol` command needs beside these to reach a server; a server takes no notice of it. */
export const clientSettings = {
  url: {
    name: 'PARASOL_URL',
    type: 'url',
    default: 'http://localhost:8080',
    schemes: ['http', 'https'],
    doc: 'Where the server answers.',
  },
  token: {
    name: 'PARASOL_TOKEN',
    type: 'string',
    secret: true,
    doc: 'Key to use. Empty: `PARASOL_ADMIN_TOKEN`, or for a server on this machine the file `admin-token` in `PARASOL_DATA_DIR`.',
  },
} as const satisfies Record<string, Setting>
