import type { Message } from '../message.ts'
import type { ChannelRow } from '../store/channels.ts'
import { askReceiver, type Outside, type ReceiverAnswer } from './ask-receiver.ts'
import type { SendMail } from './send-mail.ts'
import { signWebhook } from './sign-webhook.ts'
import { slackPayload } from './slack-payload.ts'
import { webhookPayload } from './webhook-payload.ts'

/** What came of a message: taken, to be tried again, or never to be taken. */
export interface Outcome {
  verdict: 'sent' | 'later' | 'never'
  /** What the receiver said, or why it could not be asked. */
  answer: string
  /** How long it wants to be left alone. */
  restMs: number
}

export interface Sending {
  outside: Outside
  /** Absent: no mail server is set. */
  sendMail: SendMail | undefined
  closing: AbortSignal
}

export type Receiving = Pick<ChannelRow, 'kind' | 'receiver' | 'secrets'>

/** A receiver that wants to be left alone for a day is asked again sooner. */
const restMost = 3_600_000
/** A mail server is asked many things in turn, each of which may be slow: all together take far less than the minute one has a message for. */
const mailWithinMs = 30_000
/** The message itself is wrong, or the receiver is gone for good; all else may be different a little later. */
const neverAgain = new Set([400, 410, 413, 414, 415, 422])

/** Sends a message to a channel, in bounded time; resolves whatever comes of it. The same id means the same message. */
export const sendMessage = async (
  channel: Receiving,
  { id, message }: { id: string; message: Message },
  sending: Sending,
): Promise<Outcome> => {
  try {
    if (channel.kind === 'email') return await mail(channel, { id, message }, sending)
    const now = new Date()
    const body = JSON.stringify(channel.kind === 'slack' ? slackPayload(message) : webhookPayload(message))
    const headers = channel.kind === 'slack' ? {} : signWebhook({ id, at: now, body }, channel.secrets)
    const url = channel.receiver.url ?? ''
    return judged(await askReceiver({ url, headers, body }, sending.outside, sending.closing), now)
  } catch (error) {
    return { verdict: 'later', answer: failureText(error), restMs: 0 }
  }
}

const mail = async (
  { receiver }: Receiving,
  { id, message }: { id: string; message: Message },
  { sendMail, outside, closing }: Sending,
): Promise<Outcome> => {
  if (!sendMail) return { verdict: 'later', answer: 'PARASOL_SMTP_URL is not set', restMs: 0 }
  const signal = AbortSignal.any([closing, AbortSignal.timeout(outside.withinMs ?? mailWithinMs)])
  try {
    const answer = await sendMail({ id, to: receiver.to ?? [], message, signal })
    return { verdict: 'sent', answer: readable(answer), restMs: 0 }
  } catch (error) {
    if (signal.aborted)
      return { verdict: 'later', answer: 'the mail server did not take it in time', restMs: 0 }
    // A reply of 5yz is for good (RFC 5321 §4.2.1), but for those about who is asking.
    const { responseCode, command } = error as { responseCode?: number; command?: string }
    const isForGood = (responseCode ?? 0) >= 500 && /^(RCPT TO|DATA)$/.test(command ?? '')
    return { verdict: isForGood ? 'never' : 'later', answer: failureText(error), restMs: 0 }
  }
}

const judged = ({ status, retryAfter, text }: ReceiverAnswer, now: Date): Outcome => {
  const answer = `HTTP ${status}${text === '' ? '' : `: ${readable(text)}`}`
  if (status >= 200 && status < 300) return { verdict: 'sent', answer, restMs: 0 }
  return { verdict: neverAgain.has(status) ? 'never' : 'later', answer, restMs: restOf(retryAfter, now) }
}

/** `Retry-After` (RFC 9110 §10.2.3), in ms from now. */
const restOf = (text: string | undefined, now: Date): number => {
  if (text === undefined) return 0
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now.getTime()
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), restMost) : 0
}

const readable = (text: string): string =>
  text
    .replaceAll(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, 200)

/** What failed, down to its cause: `the upstream is unreachable (ECONNREFUSED)`. */
const failureText = (error: unknown): string => {
  if (!(error instanceof Error)) return readable(String(error))
  if (error.name === 'TimeoutError') return 'no answer within 10 s'
  const { code, cause } = error as { code?: unknown; cause?: unknown }
  const inner = cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : undefined
  const detail = inner ?? (typeof code === 'string' ? code : undefined)
  const said = error.message.replace('the upstream', 'the receiver')
  return readable(detail === undefined || said.includes(detail) ? said : `${said} (${detail})`)
}
