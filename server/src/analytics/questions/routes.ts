import * as shapes from '../../../../contract/analytics.ts'
import { operations as on } from '../../../../contract/operations/operations.ts'
import { type Actor, requireWholeFleet } from '../../platform/auth/authenticate.ts'
import type { AddRoutes } from '../app.ts'
import { findAppOrThrow } from '../events/report-event-limits.ts'
import { answerAdoption } from './adoption.ts'
import type { Answered, Asked } from './asked.ts'
import { answerCache } from './cache.ts'
import { answerDevices } from './devices.ts'
import { answerErrors } from './errors.ts'
import { answerEvents } from './events.ts'
import { answerLatency } from './latency.ts'
import { noteLost } from './note-lost.ts'
import { readQuestion, writeCursor } from './read-question.ts'
import { writeMoment } from './slice-time.ts'
import { answerStuck } from './stuck.ts'
import { answerTop } from './top.ts'
import { answerUsage } from './usage.ts'
import { writeAnswer } from './write-answer.ts'

interface Input<Query> {
  params: { appId: string } | undefined
  query: Query
  actor: Actor
  request: Request
}

type QueryOf = shapes.QuestionQuery & { groupBy?: string | undefined; template?: string | undefined }
type Answer<Query> = (asked: Asked, query: Query) => Promise<Answered<object>>

export const addQuestionRoutes: AddRoutes = (bind, { db, keep }) => {
  /** Asks for whoever may: of one app, or, where the address names none, of the fleet or what is below a template. */
  const ask =
    <Query extends QueryOf>(
      name: string,
      row: { shape: Record<string, unknown> },
      answer: Answer<Query>,
      usualInterval?: shapes.Interval,
    ) =>
    async ({ params, query, actor, request }: Input<Query>): Promise<Response> => {
      const [appId, template] = [params?.appId ?? null, query.template ?? null]
      if (appId === null) requireWholeFleet(actor, 'a question about several apps')
      const owner = appId ?? template
      if (owner !== null) await findAppOrThrow(db, actor, owner)
      const asked = await readQuestion({
        ...{ db, keep, appId, template, query },
        ...(usualInterval && { usualInterval }),
      })
      const { rows, next, ...more } = await answer(asked, query)
      await noteLost(asked)
      const whole = { ...envelopeOf(asked), rows, nextCursor: writeCursor(asked, next), ...more }
      const format = { format: query.format, request, columns: Object.keys(row.shape) }
      return writeAnswer(whole, rows, { ...format, name: `${name}-${owner ?? 'fleet'}` })
    }

  const usage = ask('usage', shapes.usageRow, answerUsage)
  bind(on.askUsage, usage)
  bind(on.askFleetUsage, usage)
  const adoption = ask('adoption', shapes.adoptionRow, answerAdoption)
  bind(on.askAdoption, adoption)
  bind(on.askFleetAdoption, adoption)
  const errors = ask('errors', shapes.errorsRow, answerErrors)
  bind(on.askErrors, errors)
  bind(on.askFleetErrors, errors)
  const latency = ask('latency', shapes.latencyRow, answerLatency)
  bind(on.askLatency, latency)
  bind(on.askFleetLatency, latency)
  const devices = ask('devices', shapes.devicesRow, answerDevices)
  bind(on.askDevices, devices)
  bind(on.askFleetDevices, devices)
  const cache = ask('cache', shapes.cacheRow, answerCache)
  bind(on.askCache, cache)
  bind(on.askFleetCache, cache)
  const top = ask('top', shapes.topRow, (asked, { order }: QueryOf & { order: 'requests' | 'devices' }) =>
    answerTop(asked, order),
  )
  bind(on.askTop, top)
  bind(on.askFleetTop, top)
  bind(
    on.askStuck,
    ask('stuck', shapes.stuckRow, (asked, { hours }: QueryOf & { hours: number }) =>
      answerStuck(asked, hours),
    ),
  )
  bind(
    on.askFleetStuck,
    ask('stuck', shapes.stuckRow, (asked) => answerStuck(asked, 24)),
  )
  const events = ask(
    'events',
    shapes.eventsRow,
    (asked, query: QueryOf & { event?: string | undefined; property?: string | undefined }) =>
      answerEvents(asked, query),
  )
  bind(on.askEvents, events)
  bind(on.askFleetEvents, events)
}

const envelopeOf = (asked: Asked & { countedUntil: number }) => ({
  from: writeMoment(asked.from, asked.timeZone),
  to: writeMoment(asked.to, asked.timeZone),
  ...{ timeZone: asked.timeZone, interval: asked.interval, groupBy: asked.groupBy },
  countedUntil: new Date(asked.countedUntil).toISOString(),
  notes: [...asked.notes].sort(),
})
