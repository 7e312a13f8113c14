import { createHash } from 'node:crypto'
import type { Log } from '../../platform/log/open-log.ts'
import { backoffMs, triedMs } from './deliver/backoff-ms.ts'
import type { Outcome } from './deliver/send-message.ts'
import { describeAlert } from './describe-alert.ts'
import type { Downs } from './evaluate-rule.ts'
import { isOf } from './find-silence.ts'
import { isInForce } from './is-in-force.ts'
import { judgeRule } from './judge-rule.ts'
import { linkTo, type Message } from './message.ts'
import type { HeldRule, Snapshot } from './read-snapshot.ts'
import { type Progress, stepAlert } from './step-alert.ts'
import type { ChannelRow } from './store/channels.ts'
import { isToldOf } from './tell-channels.ts'

/** A message of an outage to one channel. */
export interface OutageDelivery {
  id: string
  channel: ChannelRow
  message: Message
  attempts: number
  dueAt: number
  createdAt: number
  state: 'waiting' | 'sent' | 'failed'
  lastError: string | null
}

/** What this node knows of one thing that is down during an outage. */
export interface OutageAlert {
  held: HeldRule
  subject: string
  progress: Progress
  summary: string
  /** What it told, to each channel. */
  deliveries: OutageDelivery[]
  /** It was told of before the outage, or by this node. */
  isTold: boolean
}

export interface OutageOptions {
  log: Log
  publicUrl: string | undefined
  send: (channel: ChannelRow, id: string, message: Message) => Promise<Outcome>
}

/**
 * The node that has been there longest tells at once. Whether it did the others cannot know, as they meet in the database alone: each
 * further one tells so much later, with the same id, in case that those before it are gone, too.
 */
export const turnAfterMs = 300_000

/**
 * Watches the services while the database is away, when nothing can be read, locked or written: by what was last read of it. Rules about
 * health go on; who fires is told of directly, and tried again from memory. What came of it is written when the database is back.
 */
export const watchOutage = ({ log, publicUrl, send }: OutageOptions) => {
  const alerts = new Map<string, OutageAlert>()
  let beganAt: number | undefined

  const begin = (snapshot: Snapshot, now: number): void => {
    if (beganAt !== undefined) return
    beganAt = now
    for (const held of snapshot.rules) {
      for (const row of held.open) {
        alerts.set(`${held.rule.name} ${row.subject}`, {
          ...{ held, subject: row.subject, summary: row.summary, deliveries: [], isTold: row.told !== null },
          progress: {
            state: row.state === 'firing' ? 'firing' : 'pending',
            pendingAt: row.pending_at.getTime(),
            firedAt: row.fired_at?.getTime() ?? null,
            ...{ goodSince: null, unknownSince: null, seenAt: row.seen_at.getTime() },
          },
        })
      }
    }
  }
  const look = (held: HeldRule, subject: string, isDown: boolean, now: number): void => {
    const { name, definition } = held.rule
    const key = `${name} ${subject}`
    const known = alerts.get(key)
    const judgement = judgeRule({ ...definition, minimumCount: 0 }, [{ value: isDown ? 1 : 0, count: 1 }])
    const step = stepAlert(known?.progress, judgement.verdict, now, {
      forMs: definition.forSeconds * 1_000,
      resolveAfterMs: definition.resolveAfterSeconds * 1_000,
    })
    if (step.became === 'gone') alerts.delete(key)
    // That one is well again is told when it can be noted.
    if (!step.next) return
    const summary = known?.summary ?? describeAlert(definition, subject, judgement)
    alerts.set(key, {
      ...(known ?? { held, subject, deliveries: [], isTold: false }),
      ...{ progress: step.next, summary },
    })
    if (step.became === 'firing') log.warn({ rule: name, subject, summary }, 'an alert fires')
  }
  const tell = (snapshot: Snapshot, now: number): void => {
    for (const alert of alerts.values()) {
      const { name, definition } = alert.held.rule
      if (alert.isTold || alert.progress.state !== 'firing') continue
      if (isSilenced(snapshot, name, now)) continue
      const channels = snapshot.channels.filter((channel) => isToldOf(channel, definition))
      const message = messageOf(alert, now, publicUrl)
      const id = idOf(alert)
      alert.isTold = channels.length > 0
      alert.deliveries = channels.map((channel) => ({
        ...{ id, channel, message, attempts: 0, dueAt: now, createdAt: now },
        ...{ state: 'waiting' as const, lastError: null },
      }))
    }
  }

  return {
    isOn: () => beganAt !== undefined,
    /** One look, by the clock of this node; resolves when what is due was sent. `before`: nodes whose turn to tell comes first. */
    async look(
      snapshot: Snapshot,
      downs: Downs,
      { now, before }: { now: number; before: number },
    ): Promise<void> {
      begin(snapshot, now)
      for (const held of snapshot.rules) {
        for (const [subject, isDown] of downs) look(held, subject, isDown, now)
      }
      if (now - (beganAt ?? now) >= before * turnAfterMs) tell(snapshot, now)
      const due = [...alerts.values()]
        .flatMap(({ deliveries }) => deliveries)
        .filter(({ state, dueAt }) => state === 'waiting' && dueAt <= now)
      await Promise.all(due.map((delivery) => sendOne(send, delivery, now)))
    },
    /** What has come of it, to be written. */
    alerts: (): OutageAlert[] => [...alerts.values()],
    /** It is over, and written: nothing is known here from now on. */
    end(): void {
      alerts.clear()
      beganAt = undefined
    },
  }
}

const isSilenced = ({ silences }: Snapshot, rule: string, now: number): boolean =>
  silences.some(
    (silence) => isInForce(silence, new Date(now)) && isOf(silence, { rule, app_id: null }, new Map()),
  )

/** The same on each node that was there before the outage. */
const idOf = ({ held, subject }: OutageAlert): string => {
  const text = JSON.stringify([held.rule.name, held.rule.created_at, held.lastAlertId, subject])
  return `msg_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`
}

const messageOf = (
  { held, subject, progress, summary }: OutageAlert,
  now: number,
  publicUrl: string | undefined,
): Message => ({
  kind: 'firing',
  rule: held.rule.name,
  severity: held.rule.definition.severity,
  note: held.rule.definition.note,
  alerts: [
    {
      ...{ alertId: null, appId: null, subject, state: 'firing', summary, value: 1, limit: 0 },
      pendingAt: new Date(progress.pendingAt).toISOString(),
      firedAt: new Date(progress.firedAt ?? now).toISOString(),
      ...{ resolvedAt: null, resolvedBecause: null },
    },
  ],
  // They stand in the database.
  changes: [],
  link: linkTo(publicUrl, held.rule.name),
  at: new Date(now).toISOString(),
})

const sendOne = async (send: OutageOptions['send'], delivery: OutageDelivery, now: number): Promise<void> => {
  delivery.attempts += 1
  const { verdict, answer, restMs } = await send(delivery.channel, delivery.id, delivery.message)
  if (verdict === 'sent') {
    delivery.state = 'sent'
    return
  }
  delivery.lastError = answer
  const isOver = verdict === 'never' || now - delivery.createdAt > triedMs
  if (isOver) delivery.state = 'failed'
  delivery.dueAt = now + Math.max(restMs, backoffMs(delivery.attempts))
}
