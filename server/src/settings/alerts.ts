import type { Setting } from './setting-types.ts'

/** How the analytics service tells of alerts; docs/alerts.md says what else is needed. */
export const alertSettings = {
  publicUrl: {
    name: 'PARASOL_PUBLIC_URL',
    type: 'url',
    schemes: ['http', 'https'],
    doc: 'Where operators reach this server, such as `https://parasol.example.com`: messages about alerts lead there.',
  },
  alertNetworks: {
    name: 'PARASOL_ALERT_NETWORKS',
    type: 'networks',
    default: [],
    doc: 'Networks that messages about alerts may be sent to although they are not public, written like `PARASOL_TRUSTED_PROXIES`. Empty: none.',
  },
  smtpUrl: {
    name: 'PARASOL_SMTP_URL',
    type: 'url',
    schemes: ['smtp', 'smtps'],
    secret: true,
    doc: 'Mail server for alerts by e-mail, as `smtp://user:password@host:587` (by STARTTLS, which a server has to have where there is a password, but for one on this host) or `smtps://…:465`.',
  },
  alertFrom: {
    name: 'PARASOL_ALERT_FROM',
    type: 'string',
    pattern:
      /^(?:[^<>"\p{C}]{1,100} <[^\s<>@"]{1,64}@[A-Za-z0-9.-]{1,190}>|[^\s<>@"]{1,64}@[A-Za-z0-9.-]{1,190})$/u,
    patternDoc: 'one address, such as parasol@example.com or Parasol <parasol@example.com>,',
    doc: 'Who that mail is from, as `Parasol <parasol@example.com>`.',
  },
} as const satisfies Record<string, Setting>

/** A line where mail cannot be sent for want of who it is from. */
export const missingForMail = ({
  smtpUrl,
  alertFrom,
}: {
  readonly smtpUrl?: string | undefined
  readonly alertFrom?: string | undefined
}): string[] =>
  smtpUrl !== undefined && alertFrom === undefined
    ? [
        `${alertSettings.alertFrom.name} is not set, but ${alertSettings.smtpUrl.name} is, and mail needs somebody it is from. Set it to an address such as parasol@example.com.`,
      ]
    : []
