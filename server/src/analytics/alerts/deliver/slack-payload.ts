import type { Message } from '../message.ts'
import { textParts } from './message-text.ts'

/** Of one text of a block Slack takes 3,000 letters. */
const textMost = 2_900

/**
 * What was written by people must neither name links and groups (`<!channel>`), nor call everybody where `@here` alone does that
 * (Mattermost, Discord).
 */
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('@', '@\u200b')

const cut = (text: string): string => (text.length > textMost ? `${text.slice(0, textMost - 1)}…` : text)

const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text: cut(text) } })

/** A message for an incoming webhook of Slack: in blocks, and as text for those that know no blocks. */
export const slackPayload = (message: Message): object => {
  const { headline, alerts, changes, note, about, link } = textParts(message)
  const sign =
    message.kind === 'resolved'
      ? ':white_check_mark:'
      : message.kind === 'test'
        ? ':wave:'
        : ':rotating_light:'
  const title = `${sign} *${escaped(headline)}*`
  const bullets = (lines: readonly string[]): string => lines.map((line) => `• ${escaped(line)}`).join('\n')
  const sections = [
    title,
    bullets(alerts),
    note === null ? '' : escaped(note),
    changes.length > 0 ? `*What changed in the last day*\n${bullets(changes)}` : '',
  ].filter((text) => text !== '')
  const last = `${escaped(about)}${link === null ? '' : ` · <${link}|look at it>`}`
  return {
    text: cut([...sections, escaped(about), ...(link === null ? [] : [link])].join('\n')),
    blocks: [...sections.map(section), { type: 'context', elements: [{ type: 'mrkdwn', text: last }] }],
  }
}
