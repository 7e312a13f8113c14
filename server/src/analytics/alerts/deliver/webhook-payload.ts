import type { Message } from '../message.ts'

/** A message as programs take it: the form of Standard Webhooks, `{type, timestamp, data}`. */
export const webhookPayload = ({ kind, at, ...data }: Message): object => ({
  type: `alert.${kind}`,
  timestamp: at,
  data,
})
