import { isIP } from 'node:net'
import type { Transporter } from 'nodemailer'
import { networksOf } from '../../../platform/http/networks.ts'
import type { Message } from '../message.ts'
import { headline, messageText } from './message-text.ts'

/** How mail is sent: as PARASOL_SMTP_URL and PARASOL_ALERT_FROM say. */
export interface MailSettings {
  smtpUrl: string
  from: string
}

export interface Mail {
  id: string
  to: readonly string[]
  message: Message
  /** Breaks it off. */
  signal: AbortSignal
}

/** Nothing in a subject may end its line. */
const oneLine = (text: string): string => text.replaceAll(/[\p{C}\s]+/gu, ' ').slice(0, 200)

const loopback = networksOf(['loopback'])
const isThisHost = (host: string): boolean => host === 'localhost' || (isIP(host) > 0 && loopback.has(host))

const domainOf = (address: string): string => /@([^@>]+)>?$/.exec(address)?.[1] ?? 'localhost'

/**
 * Sends a message as mail; answers what the server said. All that people wrote is in the body, or in a subject of one line; addresses
 * were checked when they came. Throws what nodemailer does.
 */
export const openMailer = ({ smtpUrl, from }: MailSettings) => {
  let transport: Promise<Transporter> | undefined
  const open = async (): Promise<Transporter> => {
    // Loaded by whoever sends mail.
    const { createTransport } = await import('nodemailer')
    const url = new URL(smtpUrl)
    const host = url.hostname.replace(/^\[|\]$/g, '')
    // One connection a mail: they are rare, and a kept one has mostly been closed by the other side.
    return createTransport({
      host,
      ...(url.port && { port: Number(url.port) }),
      secure: url.protocol === 'smtps:',
      // Whoever is in between could leave STARTTLS out of the answer, and read the password.
      ...(url.username && {
        requireTLS: !isThisHost(host),
        auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) },
      }),
      ...{ connectionTimeout: 5_000, greetingTimeout: 5_000, socketTimeout: 15_000, dnsTimeout: 5_000 },
      ...{ disableFileAccess: true, disableUrlAccess: true },
    })
  }
  return async ({ id, to, message, signal }: Mail): Promise<string> => {
    transport ??= open()
    const { response, rejected = [] } = await (await transport).sendMail({
      ...{ from, signal, to: [...to], messageId: `<${id}@${domainOf(from)}>` },
      subject: oneLine(`[Parasol] ${headline(message)}`),
      text: `${headline(message)}\n\n${messageText(message)}\n`,
      headers: { 'Auto-Submitted': 'auto-generated', 'X-Parasol-Rule': message.rule },
    })
    const refused = rejected.map((each: string | { address: string }) =>
      typeof each === 'string' ? each : each.address,
    )
    return `${refused.length > 0 ? `not for ${refused.join(', ')}: ` : ''}${response ?? 'sent'}`
  }
}

export type SendMail = ReturnType<typeof openMailer>
